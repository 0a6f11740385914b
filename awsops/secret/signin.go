package secret

import (
	"regexp"
	"strings"
)

var (
	// broken is a password or a token with which a URL signs in, whole or where the edge of
	// a box breaks it. The engines break no word there (Terraform 1.11.4, OpenTofu 1.12.6),
	// but what a text was copied from may have.
	broken = regexp.MustCompile(`://(?:(?:[^\s/@"'?#:]|\n[ \t]*│[ \t]*)*:(?:[^\s/@"'?#]|\n[ \t]*│[ \t]*)+|(?:[^\s/@"'?#:]|\n[ \t]*│[ \t]*){20,})@`)
	// addressed is the beginning of a URL up to the last @ in it, and proxied what stands
	// before an @ behind the name of a proxy, which takes an address without a scheme, too
	// (golang.org/x/net/http/httpproxy).
	addressed = regexp.MustCompile(`://[^\s"'<>]*@`)
	proxied   = regexp.MustCompile(`(?i)(proxy(?:[_ ]?(?:url|address))?\\?["']?\s*(?:[=:]\s*)?\\?["']?)([^\s"'<>/@:]*:[^\s"'<>]*@)`)
)

// HideSignIn takes the passwords and tokens out of the URLs in a text that is to be
// shown: those of a module's source, a registry, an endpoint or a proxy. A name alone, as
// in ssh://git@host, is none.
func HideSignIn(text string) string {
	text = addressed.ReplaceAllStringFunc(text, Address)
	text = broken.ReplaceAllLiteralString(text, "://"+Redacted+"@")
	return proxied.ReplaceAllStringFunc(text, func(found string) string {
		parts := proxied.FindStringSubmatch(found)
		return parts[1] + Address(parts[2])
	})
}

// Address is one address, such as the value of HTTPS_PROXY, without what it signs in with.
// It may lack its scheme, and its password may hold what a URL would escape.
func Address(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if scheme += "://"; !found {
		scheme, rest = "", address
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 || !signsIn(rest[:at]) {
		return address
	}
	return scheme + Redacted + rest[at:]
}

// LongName is how long the name before an address is that must be a token.
const LongName = 20

// signsIn tells whether what stands before the last @ of an address is, or holds, a
// secret, and not a name alone, or a host with the beginning of a path.
func signsIn(before string) bool {
	if path := strings.IndexAny(before, "/?#"); path >= 0 {
		_, port, found := strings.Cut(before[:path], ":")
		return found && strings.Trim(port, "0123456789") != ""
	}
	return strings.Contains(before, ":") || len(before) >= LongName
}
