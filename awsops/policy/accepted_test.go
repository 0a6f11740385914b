package policy

import (
	"strings"
	"testing"
)

// TestWhatIAMRefusesIsKnownBefore: a role whose policy is refused is there and may do
// nothing.
func TestWhatIAMRefusesIsKnownBefore(t *testing.T) {
	t.Parallel()
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":[` + s + `]}` }
	for text, want := range map[string]string{
		statement(``): "Syntax errors",
		statement(`{"Effect":"Allow","Action":"s3:*"}`):                                                                                                                                    "must contain resources",
		statement(`{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}`):                                                                                                                `must be in ARN format or "*"`,
		statement(`{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws-cn:s3:::b"}`):                                                                                                  `Partition "aws-cn" is not valid`,
		statement(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}`):                                                                                                     "should not specify a principal",
		statement(`{"Effect":"Allow","Action":["s3:*","all"],"Resource":"*"}`):                                                                                                             "prefaced by a vendor",
		statement(`{"Sid":"all of it","Effect":"Allow","Action":"s3:*","Resource":"*"}`):                                                                                                   "must be alpha-numeric",
		statement(`{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"s3:*","Resource":"*"}`):                                                "must be unique",
		statement(`{"Effect":"Allow","NotAction":"iam:*","Resource":["*","arn:aws:s3:::b/${aws:username}","arn:*:s3:::b"]},{"Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b"}`): "",
	} {
		d, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		switch err := AcceptedIdentity(d, "aws"); {
		case err == nil && want != "", err != nil && want == "", err != nil && !strings.Contains(err.Error(), want):
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}
