package terraform

import "testing"

func TestAPasswordInAURLIsNotShown(t *testing.T) {
	for text, want := range map[string]string{
		`git::https://oauth2:glpat-ABCDEFGH@gitlab.com/vpc.git`: `git::https://(secret)@gitlab.com/vpc.git`,
		`proxyconnect http://bob:Sup3r@proxy:8080, then`:        `proxyconnect http://(secret)@proxy:8080, then`,
		`https://ghp_0123456789abcdefghij@github.com/a`:         `https://(secret)@github.com/a`,
		`"source":"https://:pw@host/x"`:                         `"source":"https://(secret)@host/x"`,
		`ssh://git@github.com/a.git`:                            `ssh://git@github.com/a.git`,
		`s3://bucket/a:b@c and user@host`:                       `s3://bucket/a:b@c and user@host`,
		`arn:aws:sts::1:assumed-role/r/a@b https://x/?q=a:b@c`:  `arn:aws:sts::1:assumed-role/r/a@b https://x/?q=a:b@c`,
	} {
		if got := HideSignIn(text); got != want {
			t.Errorf("%s\nis shown as %s\nwant        %s", text, got, want)
		}
		var c collector
		s := c.stream()
		if _, err := s.Write([]byte(text + "\n")); err != nil {
			t.Fatal(err)
		}
		if got := c.output.String(); got != want && got != want+"\n" {
			t.Errorf("of a command's output is kept %q, want %q", got, want)
		}
	}
}
