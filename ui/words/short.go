package words

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Short is a text in which every ARN and every path of more than most cells is shortened
// in its middle. An address of the web is not, since it is there to be opened. The whole
// text belongs where one looks closer.
func Short(text string, most int, mark string) string {
	if ansi.StringWidth(text) <= most {
		return text
	}
	words := strings.Split(text, " ")
	for i, word := range words {
		if ansi.StringWidth(word) <= most {
			continue
		}
		at := max(0, strings.Index(word, "arn:"))
		if arn(word[at:]) != nil || strings.Contains(word, "/") && !strings.Contains(word, "http") {
			words[i] = word[:at] + Middle(word[at:], most-ansi.StringWidth(word[:at]), mark)
		}
	}
	return strings.Join(words, " ")
}

// Middle is a name in at most width cells. Where it is longer, what tells least of it
// gives way to a mark: of an ARN all but account and name, of a path the folders between
// the first and the last, and of any other name the letters in the middle.
func Middle(name string, width int, mark string) string {
	if ansi.StringWidth(name) <= width {
		return name
	}
	if part := arn(name); part != nil {
		head, least := "arn:"+mark+":"+part[4]+":", min(ansi.StringWidth(part[5]), 16)
		if part[4] == "" {
			head = "arn:" + mark + ":"
		}
		if ansi.StringWidth(head)+least > width { // the name tells more than the account
			head = mark + ":"
		}
		return head + Middle(part[5], width-ansi.StringWidth(head), mark)
	}
	if short := folded(name, width, mark); short != "" {
		return short
	}
	keep := width - ansi.StringWidth(mark)
	if keep < 2 {
		return ansi.Truncate(name, max(0, width), mark)
	}
	return ansi.Truncate(name, (keep+1)/2, "") + mark + ansi.TruncateLeft(name, ansi.StringWidth(name)-keep/2, "")
}

// arn is an ARN in its six parts, nil for anything else.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func arn(name string) []string {
	const parts = 6
	if part := strings.SplitN(name, ":", parts); len(part) == parts && part[0] == "arn" {
		return part
	}
	return nil
}

// folded is a path with its first folder and as many of the last ones as there is room
// for; it is empty where that leaves nothing out, or not even the name fits.
func folded(path string, width int, mark string) string {
	const scheme = "://"
	root := strings.Index(path, scheme)
	if root += len(scheme); root < len(scheme) {
		root = 0
	}
	first := strings.Index(path[min(root+1, len(path)):], "/")
	if first < 0 {
		return ""
	}
	head := path[:root+1+first+1] + mark
	rest := strings.Split(path[len(head)-len(mark):], "/")
	for i := 1; i < len(rest); i++ {
		if tail := "/" + strings.Join(rest[i:], "/"); ansi.StringWidth(head+tail) <= width {
			return head + tail
		}
	}
	return ""
}
