package diagnosis

import (
	"slices"
	"strconv"
	"strings"
)

var (
	// entity is a character that HTML wrote as a number.
	entity = wording(`&#(?:x([0-9A-Fa-f]{1,6})|(\d{1,7}));`)
	// named are those with names that stand in a text of an engine.
	namedEntities = strings.NewReplacer("&quot;", `"`, "&lt;", "<", "&gt;", ">", "&nbsp;", " ", "&apos;", "'", "&amp;", "&")
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
		text = untagged(text)
	}
	if strings.Contains(text, "&") && strings.Contains(text, ";") {
		text = namedEntities.Replace(entity.regexp().ReplaceAllStringFunc(text, character))
	}
	return text
}

// lineTags and textTags are the tags of a message in HTML, those that end a line and those
// inside one. Those of XML, which S3 answers in, stay.
var (
	lineTags = strings.Fields("html body p br pre div ul ol li table tbody thead tr td th h1 h2 h3 h4 h5 h6 blockquote details summary hr")
	textTags = strings.Fields("code b i em strong span font tt a u")
)

// longestTag bounds what is between the brackets of a tag, in bytes.
const longestTag = 300

// untagged is a line without the tags of HTML. No value of a plan becomes lines.
func untagged(line string) string {
	whole, between := line, "" // told apart where it matters: most lines end at no tag
	var b strings.Builder
	for {
		at := strings.IndexByte(line, '<')
		if at < 0 {
			return b.String() + line
		}
		b.WriteString(line[:at])
		line = line[at:]
		end := strings.IndexAny(line[1:min(len(line), longestTag)], "<>") + 1
		if end == 0 || line[end] == '<' {
			b.WriteByte('<')
			line = line[1:]
			continue
		}
		name, _, _ := strings.Cut(strings.Trim(line[1:end], "/"), " ")
		switch {
		case slices.Contains(lineTags, strings.ToLower(name)):
			if between == "" {
				between = "\n"
				if beginsWith(whole, " \t") || progress.regexp().MatchString(whole) {
					between = " "
				}
			}
			b.WriteString(between)
		case !slices.Contains(textTags, name):
			b.WriteString(line[:end+1])
		}
		line = line[end+1:]
	}
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
