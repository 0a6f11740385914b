package sandbox

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// routeQuery names the operation of a query request and reads its form, which
// is the body of a POST or the query of a GET.
func routeQuery(r *request) string {
	form, err := url.ParseQuery(string(r.body))
	if err != nil || r.http.Method == http.MethodGet {
		form = r.http.URL.Query()
	}
	r.form = form
	return form.Get("Action")
}

// queryHandler works on one query request; the value it returns becomes the
// content of the result element, nil leaves it out.
type queryHandler func(*Server, *request) (any, error)

// serveQuery answers from a table of operations in the namespace of a service.
func (s *Server) serveQuery(r *request, namespace string, operations map[string]queryHandler) response {
	handler, ok := operations[r.operation]
	if !ok {
		return s.fail(r, fail(http.StatusBadRequest, "InvalidAction",
			"Could not find operation %s for version %s", r.operation, r.form.Get("Version")))
	}
	result, err := handler(s, r)
	if err != nil {
		return s.fail(r, err)
	}
	answer, err := xmlResponse(http.StatusOK, queryAnswer{
		XMLName:  xml.Name{Space: namespace, Local: r.operation + "Response"},
		Result:   queryResult{name: r.operation + "Result", value: result},
		Metadata: queryMetadata{RequestID: r.id},
	})
	if err != nil {
		return s.fail(r, err)
	}
	return answer
}

type queryAnswer struct {
	XMLName  xml.Name
	Result   queryResult
	Metadata queryMetadata `xml:"ResponseMetadata"`
}

type queryMetadata struct {
	RequestID string `xml:"RequestId"`
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

func queryFailure(r *request, e *apiError) response {
	kind := "Sender"
	if e.status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	answer, err := xmlResponse(e.status, queryErrorAnswer{Type: kind, Code: e.code, Message: e.message, RequestID: r.id})
	if err != nil {
		return response{status: http.StatusInternalServerError}
	}
	return answer
}

type queryErrorAnswer struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
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
	keys := make([]string, 0, len(members))
	for key := range members {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return atoi(keys[i]) < atoi(keys[j]) })
	list := make([]any, len(keys))
	for i, key := range keys {
		list[i] = members[key]
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
