package secret_test

import (
	"testing"

	"stateroom/awsops/secret"
)

func TestWhatSignsInIsTakenOutOfTheURLsOfATextAndNothingElse(t *testing.T) {
	for text, want := range map[string]string{
		`git::https://oauth2:glpat-ABCDEFGH@gitlab.com/vpc.git`: `git::https://(secret)@gitlab.com/vpc.git`,
		`proxyconnect http://bob:Sup3r@proxy:8080, then`:        `proxyconnect http://(secret)@proxy:8080, then`,
		`https://ghp_0123456789abcdefghij@github.com/a`:         `https://(secret)@github.com/a`,
		`"source":"https://:pw@host/x"`:                         `"source":"https://(secret)@host/x"`,
		`parse "http://bob:p@ss/w#rd?x@proxy:8080": invalid`:    `parse "http://(secret)@proxy:8080": invalid`,
		`invalid proxy address "bob:pw@proxy:8080": parse`:      `invalid proxy address "(secret)@proxy:8080": parse`,
		`HTTPS_PROXY=bob:pw@proxy:8080 terraform init`:          `HTTPS_PROXY=(secret)@proxy:8080 terraform init`,
		`  http_proxy = "bob:pw@proxy:8080"`:                    `  http_proxy = "(secret)@proxy:8080"`,
		`https_proxy: 'bob:p@w@proxy'`:                          `https_proxy: '(secret)@proxy'`,
		`ssh://git@github.com/a.git`:                            `ssh://git@github.com/a.git`,
		`git@github.com:org/repo.git and a@b.c:d`:               `git@github.com:org/repo.git and a@b.c:d`,
		`s3://bucket/a:b@c and user@host`:                       `s3://bucket/a:b@c and user@host`,
		`https://host:8443/modules/vpc@v2?ref=1`:                `https://host:8443/modules/vpc@v2?ref=1`,
		`arn:aws:sts::1:assumed-role/r/a@b https://x/?q=a:b@c`:  `arn:aws:sts::1:assumed-role/r/a@b https://x/?q=a:b@c`,
		`no_proxy = localhost, mail bob@example.com`:            `no_proxy = localhost, mail bob@example.com`,
		`the proxy's user is bob@example.com`:                   `the proxy's user is bob@example.com`,
	} {
		if got := secret.HideSignIn(text); got != want {
			t.Errorf("%s\nis shown as %s\nwant        %s", text, got, want)
		}
	}
}

func TestAnAddressIsShownWithoutWhatItSignsInWith(t *testing.T) {
	for address, want := range map[string]string{
		"bob:hunter2@proxy:8080":              "(secret)@proxy:8080",
		"http://bob:hunter2@proxy:8080":       "http://(secret)@proxy:8080",
		"http://bob:hun/ter#2?@proxy:8080":    "http://(secret)@proxy:8080",
		"http://bob:h@nter2@proxy:8080":       "http://(secret)@proxy:8080",
		"socks5://ghp_0123456789abcdefghij@p": "socks5://(secret)@p",
		"http://proxy:8080":                   "http://proxy:8080",
		"proxy:8080":                          "proxy:8080",
		"http://bob@proxy:8080":               "http://bob@proxy:8080",
		"http://127.0.0.1:4570/a@b":           "http://127.0.0.1:4570/a@b",
		"http://[::1]:4570":                   "http://[::1]:4570",
		"":                                    "",
	} {
		if got := secret.Address(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}
