package tf

import (
	"fmt"
	"strings"
	"testing"
)

// TestAStateThatNoInitGoesOnWithIsTold has the texts that Terraform 1.11.4 and OpenTofu
// 1.12.6 were seen to refuse and to take.
func TestAStateThatNoInitGoesOnWithIsTold(t *testing.T) {
	t.Parallel()
	four := func(provider string) string {
		return fmt.Sprintf(`{"version":4,"serial":1,"lineage":"l","resources":[{"type":"null_resource","provider":%q}]}`, provider)
	}
	older := func(version int, resource string) string {
		return fmt.Sprintf(`{"version":%d,"serial":1,"lineage":"l","modules":[{"path":["root"],"outputs":{},"resources":{%s}}]}`, version, resource)
	}
	for name, c := range map[string]struct{ text, why, remedy string }{
		"of today":                      {text: four(`provider["registry.terraform.io/hashicorp/null"]`)},
		"of today, in a module":         {text: four(`module.provider.provider["registry.opentofu.org/hashicorp/null"].west`)},
		"the built-in one of 0.12":      {text: four(`provider.terraform`)},
		"of 0.12":                       {four(`provider.null`), `"null"`, "-state=/p/terraform.tfstate -- -/null hashicorp/null"},
		"of 0.12, an alias":             {four(`provider.null.west`), `"null"`, "-/null hashicorp/null"},
		"of 0.12, in a module":          {four(`module.x.provider.google-beta`), `"google-beta"`, "-/google-beta hashicorp/google-beta"},
		"of 0.13":                       {four(`provider["registry.terraform.io/-/null"]`), `"null"`, "-/null hashicorp/null"},
		"format 3":                      {older(3, `"null_resource.a":{"type":"null_resource","primary":{"id":"1"}}`), `"null"`, "-/null hashicorp/null"},
		"format 3 with an address":      {older(3, `"null_resource.a":{"type":"null_resource","provider":"module.x.provider.mine.west"}`), `"mine"`, "-/mine"},
		"format 1":                      {older(1, `"aws_vpc.a":{"type":"aws_vpc"}`), `"aws"`, "-/aws hashicorp/aws"},
		"format 3 with the built-in":    {text: older(3, `"data.terraform_remote_state.a":{"type":"terraform_remote_state"}`)},
		"format 3 with nothing":         {text: older(3, "")},
		"a newer engine's":              {text: `{"version":4,"terraform_version":"9.9.9","serial":1,"lineage":"l","resources":[]}`},
		"a newer format":                {`{"version":5,"serial":1,"lineage":"l","resources":{"a":1}}`, "format 5", "backup"},
		"no format":                     {`{"serial":1,"lineage":"l"}`, "which format", "backup"},
		"encrypted":                     {`{"serial":1,"lineage":"l","meta":{"key_provider.pbkdf2.k":"eyJ9"},"encrypted_data":"YWJj","encryption_version":"v0"}`, "encrypted by OpenTofu", "apply -refresh-only"},
		"resources of no known members": {text: `{"version":4,"serial":1,"lineage":"l","resources":[{"provider":{"a":1}}]}`},
	} {
		s, err := ParseAnyState([]byte(c.text))
		s.Path = "/p/terraform.tfstate"
		why, remedy := s.Unusable()
		if err != nil || (why == "") != (c.why == "") || !strings.Contains(why, c.why) || !strings.Contains(remedy, c.remedy) {
			t.Errorf("%s: %q, %q, %v", name, why, remedy, err)
		}
	}
}

// TestStatesAreComparedAsTheyAreAndNotAsTheyAreWritten: another tool may write the same
// members in another order.
func TestStatesAreComparedAsTheyAreAndNotAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	read := func(text string) State {
		s, err := ParseState([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one := read(`{"version":4,"serial":3,"lineage":"l","outputs":{"a":{"value":12345678901234567890,"type":"number"}},"resources":[{"type":"a","name":"<b>"},{"type":"c"}]}`)
	for text, same := range map[string]bool{
		`{"resources":[{"name":"\u003cb>", "type":"a"},{"type":"c"}],"outputs":{"a":{"type":"number","value":12345678901234567890}},"lineage":"l","serial":3,"version":4}`: true,
		`{"resources":[{"type":"c"},{"name":"<b>","type":"a"}],"outputs":{"a":{"type":"number","value":12345678901234567890}},"lineage":"l","serial":3,"version":4}`:       false,
		`{"resources":[{"name":"<b>","type":"a"},{"type":"c"}],"outputs":{"a":{"type":"number","value":12345678901234567891}},"lineage":"l","serial":3,"version":4}`:       false,
	} {
		if one.Same(read(text)) != same {
			t.Errorf("same is %t, want %t, for %s", !same, same, text)
		}
	}
}
