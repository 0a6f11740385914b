package tf

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"stateroom/steps/files"
)

// services are those that Terraform's backend calls (facts: never KMS; IAM only
// when STS fails).
func (w Backend) services() []string {
	if w.DynamoDBTable == "" {
		return []string{"s3", "sts"}
	}
	return []string{"s3", "dynamodb", "sts"}
}

// endpoints brings the map of custom endpoints to what is wanted; the endpoints
// of other services in it stay.
func (w Backend) endpoints(b *blockEditor) {
	if w.Endpoint == "" {
		return
	}
	attr, ok := b.block.Body.Attributes["endpoints"]
	if !ok || b.gone["endpoints"] {
		b.added = append(b.added, argument{name: "endpoints", text: w.endpointMap(nil)})
		b.fields = append(b.fields, w.endpointFields()...)
		return
	}
	object, ok := attr.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		b.note(attr.SrcRange.Start.Line, "endpoints is an expression and was left as it is.")
		return
	}
	have, others := map[string]string{}, []string(nil)
	for _, item := range object.Items {
		name := keyText(item.KeyExpr, b.file.Bytes)
		have[name], _ = literal(item.ValueExpr, b.file.Bytes)
		if !slices.Contains(w.services(), name) {
			others = append(others, name+" = "+b.text(item.ValueExpr.Range()))
		}
	}
	right := true
	for _, s := range w.services() {
		if have[s] == w.Endpoint {
			continue
		}
		right = false
		b.fields = append(b.fields, files.NewField("backend.endpoints."+s, have[s], w.Endpoint, false))
	}
	if !right {
		text := strings.ReplaceAll(w.endpointMap(others), "\n", b.eol()+b.indent(attr.SrcRange.Start.Byte))
		b.splices.Add(object.SrcRange.Start.Byte, object.SrcRange.End.Byte, text)
	}
}

// endpointFields describes the map where it is added.
func (w Backend) endpointFields() []files.Field {
	var out []files.Field
	for _, s := range w.services() {
		out = append(out, argument{name: s, value: w.Endpoint}.field("backend.endpoints."))
	}
	return out
}

// endpointMap renders the map, its lines parted by \n.
func (w Backend) endpointMap(others []string) string {
	var b strings.Builder
	b.WriteString("{\n")
	for _, s := range w.services() {
		b.WriteString("  " + s + " = " + quoteHCL(w.Endpoint) + "\n")
	}
	for _, line := range others {
		b.WriteString("  " + line + "\n")
	}
	return strings.TrimSuffix(string(hclwrite.Format([]byte("endpoints = " + b.String() + "}\n")))[len("endpoints = "):], "\n")
}
