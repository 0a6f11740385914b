package words

import (
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func TestAccountAndNameOfAnARNStayReadable(t *testing.T) {
	for _, c := range []struct {
		name  string
		width int
		want  string
	}{
		{"arn:aws:iam::111111111111:role/TerraformAdmin", 80, "arn:aws:iam::111111111111:role/TerraformAdmin"},
		{"arn:aws:iam::111111111111:role/TerraformAdmin", 40, "arn:…:111111111111:role/TerraformAdmin"},
		{"arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/Admin", 40, "arn:…:111111111111:role/…/Admin"},
		{"arn:aws:kms:eu-west-1:111111111111:key/3dff4815-1b77-4c54-9cbe-03cdb4cd512c", 40, "arn:…:111111111111:key/3dff48…cdb4cd512c"},
		{"arn:aws:iam::111111111111:user/alice", 16, "…:user/alice"},
		{"arn:aws:s3:::acme-terraform-state", 30, "arn:…:acme-terraform-state"},
		{"/home/alice/src/infrastructure/live/production/backend.tf", 40, "/home/…/live/production/backend.tf"},
		{"live/a/long/way/down/backend.tf", 20, "live/…/backend.tf"},
		{"s3://acme-terraform-state/common/production/terraform.tfstate", 50, "s3://acme-terraform-state/…/terraform.tfstate"},
		{"a-user-with-a-name-of-many-words", 15, "a-user-…y-words"},
		{"表表表表表表表表", 9, "表表…表表"},
	} {
		got := Middle(c.name, c.width, "…")
		if got != c.want {
			t.Errorf("%q in %d is %q, not %q", c.name, c.width, got, c.want)
		}
		if ansi.StringWidth(got) > c.width {
			t.Errorf("%q is longer than %d", got, c.width)
		}
	}
}

func TestOnlyARNsAndPathsOfATextAreShortened(t *testing.T) {
	text := `The key "arn:aws:kms:eu-west-1:111111111111:key/3dff4815-1b77-4c54-9cbe-03cdb4cd512c" of age1rccu4a3l4qhxvltsz8nr525mgxxcmx06ayjuc7rrjnvy7g7kjpzss7jkfz, in /home/alice/src/infrastructure/live/production/backend.tf: see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html`
	want := `The key "arn:…:111111111111:key/3dff48…b4cd512c" of age1rccu4a3l4qhxvltsz8nr525mgxxcmx06ayjuc7rrjnvy7g7kjpzss7jkfz, in /home/…/live/production/backend.tf: see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html`
	if got := Short(text, 40, "…"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAPathWithoutItsMiddleFitsAtEveryWidth(t *testing.T) {
	for _, name := range []string{"/a", "/", "a/", "//", "s3://", "s3://b", "arn:aws:iam:::", "arn:aws:iam::1:role/", "/home/alice/src/infrastructure"} {
		for width := range 40 {
			if got := Middle(name, width, "…"); width > 20 && ansi.StringWidth(got) > width {
				t.Errorf("%q in %d is %q", name, width, got)
			}
		}
	}
}
