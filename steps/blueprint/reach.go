package blueprint

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// SetReach is the blueprint file old in which each of some environments, by name, is
// entered through another role. Every other byte stays.
func SetReach(old []byte, reach map[string]string) ([]byte, error) {
	const file = "the blueprint"
	parsed, diags := hclwrite.ParseConfig(old, file, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fmt.Errorf("read %s: %w", file, diags)
	}
	for _, block := range parsed.Body().Blocks() {
		for name, role := range reach {
			if block.Type() == "environment" && slices.Equal(block.Labels(), []string{name}) {
				block.Body().SetAttributeValue("reach", cty.StringVal(role))
			}
		}
	}
	return checked(file, parsed)
}

// SetPortal is the blueprint file old that says where people sign in. Every other byte
// stays.
func SetPortal(old []byte, at IdentityCenter) ([]byte, error) {
	const file = "the blueprint"
	parsed, diags := hclwrite.ParseConfig(old, file, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fmt.Errorf("read %s: %w", file, diags)
	}
	block := parsed.Body().FirstMatchingBlock("identity_center", nil)
	if block == nil {
		parsed.Body().AppendNewline()
		block = parsed.Body().AppendNewBlock("identity_center", nil)
	}
	for _, set := range [][2]string{{"start_url", at.StartURL}, {"region", at.Region}} { // in this order
		if set[1] != "" && block.Body().GetAttribute(set[0]) == nil {
			block.Body().SetAttributeValue(set[0], cty.StringVal(set[1]))
		}
	}
	return checked(file, parsed)
}

// checked is the text of a blueprint that was edited, as far as it still is one.
func checked(file string, edited *hclwrite.File) ([]byte, error) {
	text := edited.Bytes()
	if _, err := Parse(file, text); err != nil {
		return nil, err
	}
	return text, nil
}
