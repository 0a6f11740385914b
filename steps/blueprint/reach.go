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
	text := parsed.Bytes()
	if _, err := Parse(file, text); err != nil {
		return nil, err
	}
	return text, nil
}
