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
	return edited(old, func(body *hclwrite.Body) {
		for _, block := range body.Blocks() {
			for name, role := range reach {
				if block.Type() == "environment" && slices.Equal(block.Labels(), []string{name}) {
					block.Body().SetAttributeValue("reach", cty.StringVal(role))
				}
			}
		}
	})
}

// SetPortal is the blueprint file old that says where people sign in. Every other byte
// stays.
func SetPortal(old []byte, at IdentityCenter) ([]byte, error) {
	return edited(old, func(body *hclwrite.Body) {
		block := body.FirstMatchingBlock("identity_center", nil)
		if block == nil {
			body.AppendNewline()
			block = body.AppendNewBlock("identity_center", nil)
		}
		for _, set := range [][2]string{{"start_url", at.StartURL}, {"region", at.Region}} { // in this order
			if set[1] != "" && block.Body().GetAttribute(set[0]) == nil {
				block.Body().SetAttributeValue(set[0], cty.StringVal(set[1]))
			}
		}
	})
}

// edited is a blueprint file after an edit, as far as it still is a blueprint.
func edited(old []byte, edit func(*hclwrite.Body)) ([]byte, error) {
	const file = "the blueprint"
	parsed, diags := hclwrite.ParseConfig(old, file, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fmt.Errorf("read %s: %w", file, diags)
	}
	edit(parsed.Body())
	text := parsed.Bytes()
	if _, err := Parse(file, text); err != nil {
		return nil, err
	}
	return text, nil
}
