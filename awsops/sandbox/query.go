package sandbox

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unique"
)

// routeQuery names the operation of a query request and reads its form, which
// is the body of a POST or the query of a GET.
func routeQuery(r *request) string {
	form, err := url.ParseQuery(string(r.body))
	if err != nil || r.http.Method == http.MethodGet {
		form = r.http.URL.Query()
	}
	for _, values := range form {
		for i, value := range values {
			values[i] = unique.Make(value).Value() // else what is kept of it keeps the whole body
		}
	}
	r.form = form
	return form.Get("Action")
}

// queryHandler works on one query request; the value it returns becomes the
// content of the result element, nil leaves it out.
type queryHandler func(*request) (any, error)

// serveQuery answers what a handler returns, in the namespace of a service. A
// nil handler is an operation that the sandbox does not know.
func serveQuery(r *request, namespace string, handler queryHandler) (response, error) {
	if handler == nil {
		return response{}, badRequest("InvalidAction", "Could not find operation %s for version %s", r.operation, r.form.Get("Version"))
	}
	result, err := handler(r)
	if err != nil {
		return response{}, err
	}
	return xmlResponse(http.StatusOK, xml.Name{Space: namespace, Local: r.operation + "Response"}, struct {
		Result    queryResult
		RequestID string `xml:"ResponseMetadata>RequestId"`
	}{queryResult{r.operation + "Result", result}, r.id})
}

// queryResult writes its value under a name that depends on the operation.
type queryResult struct {
	name  string
	value any
}

// MarshalXML writes nothing for an operation without a result.
func (q queryResult) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	if q.value == nil {
		return nil
	}
	if err := e.EncodeElement(q.value, xml.StartElement{Name: xml.Name{Local: q.name}}); err != nil {
		return fmt.Errorf("sandbox: write %s: %w", q.name, err)
	}
	return nil
}

func queryFailure(r *request, e *apiError) (response, error) {
	kind := "Sender"
	if e.status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	return xmlResponse(e.status, xml.Name{Local: "ErrorResponse"}, struct {
		Type      string `xml:"Error>Type"`
		Code      string `xml:"Error>Code"`
		Message   string `xml:"Error>Message"`
		RequestID string `xml:"RequestId"`
	}{kind, e.code, e.message, r.id})
}

// formValue is the tree behind a flat query form: "Tags.member.1.Key=a" becomes
// Tags: [{Key: a}], as the SDK's input has it.
func formValue(form url.Values) map[string]any {
	tree := map[string]any{}
	for name := range form {
		if name == "Action" || name == "Version" {
			continue
		}
		node, parts := tree, strings.Split(name, ".")
		for _, part := range parts[:len(parts)-1] {
			child, ok := node[part].(map[string]any)
			if !ok {
				child = map[string]any{}
				node[part] = child
			}
			node = child
		}
		node[parts[len(parts)-1]] = form.Get(name)
	}
	for name, value := range tree {
		tree[name] = membersToLists(value)
	}
	return tree
}

func membersToLists(value any) any {
	node, ok := value.(map[string]any)
	if !ok {
		return value
	}
	for name, child := range node {
		node[name] = membersToLists(child)
	}
	members, ok := node["member"].(map[string]any)
	if !ok || len(node) != 1 {
		return node
	}
	list := make([]any, len(members))
	for i := range list {
		list[i] = members[strconv.Itoa(i+1)]
	}
	return list
}

func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
