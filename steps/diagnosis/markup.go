package diagnosis

import (
	"strconv"
	"strings"
)

var (
	// entity is a character that HTML wrote as a number.
	entity = wording(`&#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}));`)
	// named are those with names that stand in a text of an engine.
	namedEntities = strings.NewReplacer("&quot;", `"`, "&lt;", "<", "&gt;", ">", "&nbsp;", " ", "&apos;", "'", "&amp;", "&")
	// lineTag and textTag are the tags of a message in HTML, those that end a line and those
	// inside one. Those of XML, which S3 answers in, stay.
	lineTag = wording(`(?i)</?(?:html|body|p|br|pre|div|ul|ol|li|table|tbody|thead|tr|td|th|h[1-6]|blockquote|details|summary|hr)(?:\s[^<>]*)?/?>`)
	textTag = wording(`</?(?:code|b|i|em|strong|span|font|tt|a|u)(?:\s[^<>]*)?>`)
	// decorated is a heading behind the marks of Markdown, of Jira's and of chats: of a
	// list, a quotation, a title, a table, bold or code.
	decorated = wording("^(\\s*)(?:(?:[-*•·]|\\d{1,3}[.)]|#{1,6}|>+|bq\\.|\\[[ xX]\\])\\s+|\\|\\s*|[*_`~“”]{1,3}|\\{\\w{1,12}(?::[^}]{0,80})?\\}\\s*|[❌✗✖✘🔴🚨⛔❗️]+\\s*)+" +
		"(Error|ERROR|FATAL|fatal|Warning)(?:[*_`]{1,3}:|:[*_`]{1,3}|:)\\s+")
	// item begins an entry of a list.
	item = wording(`^\s*(?:[-*+•·]|\d{1,3}[.)]|#{1,6})\s+`)
)

// plain takes off a line what HTML puts around a text. The cheap looks first keep a log
// from taking long.
func plain(text string) string {
	if strings.Contains(text, "<") && strings.Contains(text, ">") && !strings.Contains(text, "<html") {
		text = textTag.regexp().ReplaceAllLiteralString(lineTag.regexp().ReplaceAllLiteralString(text, between(text)), "")
	}
	if strings.Contains(text, "&") && strings.Contains(text, ";") {
		text = namedEntities.Replace(entity.regexp().ReplaceAllStringFunc(text, character))
	}
	return text
}

// between is what stands in place of a tag: no value of a plan becomes lines.
func between(line string) string {
	if beginsWith(line, " \t") || progress.regexp().MatchString(line) {
		return " "
	}
	return "\n"
}

// character is what an entity stands for; a control character stands for nothing.
func character(e string) string {
	m := entity.regexp().FindStringSubmatch(e)
	digits, base := m[1], 16
	if m[2] != "" {
		digits, base = m[2], 10
	}
	if n, err := strconv.ParseInt(digits, base, 32); err == nil && (n >= ' ' || n == '\t') {
		return string(rune(n))
	}
	return ""
}

// undecorated is a heading without the marks before it, as deep as it stood. What no
// heading follows is left alone: a plan, too, has signs before its lines.
func undecorated(line string) string {
	if !strings.Contains(line, ":") || !containsAny(line, headed) {
		return line
	}
	return decorated.regexp().ReplaceAllString(line, "${1}${2}: ")
}

// headed are the words of a heading, to pass quickly over the lines without one.
var headed = []string{"rror", "RROR", "atal", "FATAL", "arning"}

// itemOf is what an entry of a list says, if it tells of a failure; what a plan says has
// the same signs before it, and is a value or an address.
func itemOf(line string) string {
	at := item.regexp().FindString(line)
	if at == "" {
		return ""
	}
	rest := line[len(at):]
	if progress.regexp().MatchString(rest) || !sentence.regexp().MatchString(rest) {
		return ""
	}
	return rest
}
