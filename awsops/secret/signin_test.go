package secret_test

import (
	"testing"

	"stateroom/awsops/secret"
)

func TestWhatSignsInIsTakenOutOfTheURLsOfATextAndNothingElse(t *testing.T) {
	t.Parallel()
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

		// a password with a slash, or of digits before one
		`proxy https://alice:12345/67@proxy failed`:       `proxy https://(secret)@proxy failed`,
		`https://alice.b:12345/67@proxy.corp:3128/`:       `https://(secret)@proxy.corp:3128/`,
		`HTTPS_PROXY=alice:12/34@proxy`:                   `HTTPS_PROXY=(secret)@proxy`,
		`http://127.0.0.1:4570/a@b http://[::1]:4570/a@b`: `http://127.0.0.1:4570/a@b http://[::1]:4570/a@b`,
		`https://example.com:8443/modules/vpc@main`:       `https://example.com:8443/modules/vpc@main`,
		// lists
		`HTTPS_PROXY=http://p1:80,http://bob:pw@p2:80,http://p3`:   `HTTPS_PROXY=http://p1:80,http://(secret)@p2:80,http://p3`,
		`http://bob:pw@p1,socks5://carol:pw@p2;http://dave:p,w@p3`: `http://(secret)@p1,socks5://(secret)@p2;http://(secret)@p3`,
		`proxies http://p1/,bob:pw@p2`:                             `proxies http://(secret)@p2`,
		`all_proxy=p1:80,bob:pw@p2`:                                `all_proxy=(secret)@p2`,
		`no_proxy=a,b,c http://bob@p1,http://p2`:                   `no_proxy=a,b,c http://bob@p1,http://p2`,
		`proxy=ghp_0123456789abcdefghij@p`:                         `proxy=(secret)@p`,
		// queries
		`https://x/m.zip?token=abc&ref=v1`:                                                                              `https://x/m.zip?token=(secret)&ref=v1`,
		`https://x.blob.core.windows.net/c/b?sv=1&sig=a%2Fb%3D&se=2`:                                                    `https://x.blob.core.windows.net/c/b?sv=1&sig=(secret)&se=2`,
		`https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA%2F1&X-Amz-Security-Token=IQo%2B&X-Amz-Signature=0a1b": 403`: `https://b.s3.amazonaws.com/k?X-Amz-Credential=AKIA%2F1&X-Amz-Security-Token=(secret)&X-Amz-Signature=(secret)": 403`,
		`{"url":"https://x/?a=1\u0026x-goog-signature=ab\u0026b=2"}`:                                                    `{"url":"https://x/?a=1\u0026x-goog-signature=(secret)\u0026b=2"}`,
		`href="https://x/?a=1&amp;private_token=ab&amp;b=2"`:                                                            `href="https://x/?a=1&amp;private_token=(secret)&amp;b=2"`,
		`git::ssh://git@x/m?sshkey=LS0t&ref=v1#f`:                                                                       `git::ssh://git@x/m?sshkey=(secret)&ref=v1#f`,
		`s3::https://s3.amazonaws.com/b/m?aws_access_key_id=AKIA&aws_access_key_secret=ab`:                              `s3::https://s3.amazonaws.com/b/m?aws_access_key_id=AKIA&aws_access_key_secret=(secret)`,
		`https://bob:pw@x/?token=ab`:                                                                                    `https://(secret)@x/?token=(secret)`,
		`https://x/?key=common/terraform.tfstate&design=b&author=c`:                                                     `https://x/?key=common/terraform.tfstate&design=b&author=c`,
		`https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD`:                                                    `https://device.sso.eu-west-1.amazonaws.com/?user_code=ABCD`,
		`the proxy's user is bob@example.com`:                                                                           `the proxy's user is bob@example.com`,
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
		"http://p1,bob:hunter2@p2":            "http://(secret)@p2",
		"http://b:hunter2@p1,http://p2":       "http://(secret)@p1,http://p2",
		"https://alice:12345/67@proxy":        "https://(secret)@proxy",
		"https://store/?token=hunter2":        "https://store/?token=(secret)",
		"":                                    "",
	} {
		if got := secret.Address(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}
