package secret

import (
	"net/netip"
	"regexp"
	"strings"
)

var (
	// broken is a password or a token with which a URL signs in, whole or where the edge of
	// a box breaks it. The engines break no word there (Terraform 1.11.4, OpenTofu 1.12.6),
	// but what a text was copied from may have.
	broken = regexp.MustCompile(`://(?:(?:[^\s/@"'?#:]|\n[ \t]*│[ \t]*)*:(?:[^\s/@"'?#]|\n[ \t]*│[ \t]*)+|(?:[^\s/@"'?#:]|\n[ \t]*│[ \t]*){20,})@`)
	// addressed is the beginning of a URL up to the host behind the last @ in it, and proxied
	// the same behind the name of a proxy, which takes an address without a scheme, too
	// (golang.org/x/net/http/httpproxy).
	addressed = regexp.MustCompile(`://[^\s"'<>]*@[^\s"'<>/?#,;]*`)
	proxied   = regexp.MustCompile(`(?i)(proxy(?:[_ ]?(?:url|address))?\\?["']?\s*(?:[=:]\s*)?\\?["']?)((?:[^\s"'<>/@:]*:[^\s"'<>]*|[^\s"'<>/@:]{20,})@[^\s"'<>/?#,;]*)`)
	// listed is where a list of addresses goes on with another one.
	listed = regexp.MustCompile(`[,;|][A-Za-z][\w+.-]*://`)
	// queried is what a URL's query signs in with: tokens, the signatures of AWS (Signature
	// Version 4's X-Amz-Signature and X-Amz-Security-Token), Azure and Google, and what
	// go-getter takes for a module's source (sshkey, aws_access_key_secret). An & may be
	// written as JSON, HTML or a query within a query write it.
	queried = regexp.MustCompile(`(?i)((?:[?&;]|u0026|%26|%3F)(?:[\w.-]*(?:token|signature|secret|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|sshkey)|(?:[\w.-]*[._-])?(?:sig|pwd|auth|jwt))(?:=|%3D|\\u003d))[^&\s"'<>#\\]+`)
	// version is a branch's or a tag's number behind the @ of a path.
	version = regexp.MustCompile(`^v?\d+(?:\.\d+)*$`)
)

// HideSignIn takes the passwords and tokens out of the URLs in a text that is to be
// shown: those of a module's source, a registry, an endpoint or a proxy, and of what is
// signed for whoever has it. A name alone, as in ssh://git@host, is none. It takes time in
// proportion to the text's length.
func HideSignIn(text string) string {
	if strings.Contains(text, "@") {
		text = addressed.ReplaceAllStringFunc(text, Address)
		text = broken.ReplaceAllString(text, "://"+Redacted+"@")
		text = proxied.ReplaceAllStringFunc(text, func(found string) string {
			parts := proxied.FindStringSubmatch(found)
			return parts[1] + Address(parts[2])
		})
	}
	return hideQuery(text)
}

// hideQuery takes out what the queries in a text sign in with.
func hideQuery(text string) string {
	if !strings.Contains(text, "=") && !strings.Contains(text, "%3") && !strings.Contains(text, "u003") {
		return text
	}
	return queried.ReplaceAllString(text, "${1}"+Redacted)
}

// Address is one address, or several with commas between them, such as the value of
// HTTPS_PROXY, without what they sign in with. It may lack its scheme, and its password may
// hold what a URL would escape.
func Address(address string) string {
	var b strings.Builder
	for {
		next := listed.FindStringIndex(address)
		if next == nil {
			break
		}
		b.WriteString(oneAddress(address[:next[0]]))
		b.WriteByte(address[next[0]])
		address = address[next[0]+1:]
	}
	b.WriteString(oneAddress(address))
	return b.String()
}

// oneAddress is one address without what it signs in with.
func oneAddress(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if scheme += "://"; !found {
		scheme, rest = "", address
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 || !signsIn(rest[:at], rest[at+1:]) {
		return hideQuery(address)
	}
	return scheme + Redacted + hideQuery(rest[at:])
}

// LongName is how long the name before an address is that must be a token.
const LongName = 20

// signsIn tells whether what stands before the last @ of an address is, or holds, a
// secret, and not a name alone, or a host with the beginning of a path. Where both are
// possible it is taken for a secret.
func signsIn(before, after string) bool {
	path := strings.IndexAny(before, "/?#")
	if path < 0 {
		return strings.Contains(before, ":") || len(before) >= LongName
	}
	if more := strings.IndexAny(before[path:], ",;|"); more >= 0 && strings.Contains(before[path+more:], ":") {
		return true // another address of a list
	}
	name, port, found := strings.Cut(before[:path], ":")
	if !found {
		return false
	}
	if strings.Trim(port, "0123456789") != "" {
		return !strings.HasPrefix(before, "[") // or the address of IPv6
	}
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" {
		return false
	}
	host, _, _ := strings.Cut(after, "/")
	if host, _, _ = strings.Cut(host, "?"); version.MatchString(host) {
		return false
	}
	return !strings.Contains(name, ".") || strings.ContainsAny(host, ".:")
}
