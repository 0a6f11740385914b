package files

import (
	"regexp"
	"sort"
	"strings"

	"stateroom/awsops/secret"
)

// secretWord is a word that tells of a secret in the names of Terraform files.
const secretWord = `(?:\w*access_keys?|\w*tokens?|sse_customer_key|\w*private_key\w*|\w*api_?keys?|\w*passphrases?|\w*passwd|\w*secret\w*|\w*password\w*)` // #nosec G101 -- names, no credential

var (
	// secretName is a name that tells of a secret, and secretLabel one of a block, such as
	// the variable that holds one.
	secretName  = regexp.MustCompile(`(?i)(?:^|\W)` + secretWord + `$`)
	secretLabel = regexp.MustCompile(`(?i)^` + secretWord + `$`)
	// secretInText is what stands in a text behind such a name, to its end. An ARN's parts
	// have colons around them, and are no names.
	secretInText = regexp.MustCompile(`(?is)(?:\b` + secretWord + `\\?["']?\s*=|(?:^|[^\w:])` + secretWord + `\\?["']?\s*:)\s*(\S.*)$`)
	// secretRemark is a word of a comment that tells of a secret: people note a password
	// beside what takes it.
	secretRemark = regexp.MustCompile(`(?i)\b(?:password|passwd|passphrase|pin|secret|token|api[ -]?key|access[ -]?key)s?\b`)
	// marker is what makes a line a comment, or a part of one.
	marker = regexp.MustCompile(`^\s*(?:#+|//+|/?\*+/?)?\s*`)
	// reference is a value that says where the secret comes from, and no secret: a variable
	// or a resource's attribute, a type, or that there is none.
	reference = regexp.MustCompile(`^(?:true|false|null|string|number|bool|any|(?:var|local|data|module|each|self|ephemeral|\w+_\w+\.[\w-]+)\.[\w.-]+)$`)
	// brackets are what may stay of a line in the middle of a value.
	brackets = regexp.MustCompile(`^[\[\](){},]+$`)
)

// How deep in a text a redactor reads: in a file, in the lines of a heredoc, in a comment.
const (
	inFile = iota
	inHeredoc
	inComment
)

// redactor finds what is to be hidden in one text of Terraform's.
type redactor struct {
	text   string
	depth  int
	tokens []token
	shut   []int // for each token that is a bracket, which one ends it, or how many there are
	found  []span
	keep   []span // what is shown even so: the marks of heredocs and comments
	last   int    // where the last value ends that was found
}

// frame is a bracket that is open.
type frame struct {
	secret bool   // it is the body of a block whose label tells of a secret
	named  bool   // its name is one, as in { name = "DB_PASSWORD", value = "…" }
	values []span // what it says of the value
}

// redactNamed is the [Redactor] of Terraform files, in HCL and in JSON. It hides what stands
// behind a name that tells of a secret, over as many lines as that takes, in a block with
// such a label, or in a pair of name and value; what texts, heredocs and comments say of
// one; and what URLs sign in with. References are shown: they say where a secret is.
func redactNamed(text string, hidden func(line string) string) string {
	spans := secretSpans(text, inFile)
	var b strings.Builder
	b.Grow(len(text))
	at := 0
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\r\n")
		end, from := at+len(body), at
		var shown strings.Builder
		for len(spans) > 0 && spans[0].from < end {
			piece := span{max(spans[0].from, from), min(spans[0].to, end)}
			if piece.from < piece.to {
				shown.WriteString(text[from:piece.from])
				shown.WriteString(hidePiece(text[piece.from:piece.to], hidden(line)))
				from = piece.to
			}
			if spans[0].to > end {
				break
			}
			spans = spans[1:]
		}
		shown.WriteString(text[from:end])
		b.WriteString(secret.HideSignIn(shown.String()))
		b.WriteString(line[len(body):])
		at += len(line)
	}
	return b.String()
}

// hidePiece is the part of a value that stands in one line without what it says, but for
// its indentation, and the brackets where there is nothing else.
func hidePiece(piece, hidden string) string {
	said := strings.TrimSpace(piece)
	if said == "" || brackets.MatchString(said) {
		return piece
	}
	before, after, _ := strings.Cut(piece, said)
	return before + hidden + after
}

// secretSpans gives what is to be hidden in a text, in its order.
func secretSpans(text string, depth int) []span {
	r := redactor{text: text, depth: depth, tokens: scan(text, depth == inComment), last: -1}
	r.match()
	r.read()
	return without(r.found, r.keep)
}

// without gives the spans in their order and without what overlaps, and without those kept.
func without(spans, keep []span) []span {
	for _, list := range [][]span{spans, keep} {
		sort.Slice(list, func(i, j int) bool { return list[i].from < list[j].from })
	}
	var out []span
	at := 0 // how far it is decided
	for _, s := range spans {
		for at = max(at, s.from); at < s.to; {
			for len(keep) > 0 && keep[0].to <= at {
				keep = keep[1:]
			}
			end := s.to
			if len(keep) > 0 {
				end = min(end, keep[0].from)
			}
			if at < end {
				out = append(out, span{at, end})
			}
			at = end
			if len(keep) > 0 && at < s.to {
				at = max(at, keep[0].to)
			}
		}
	}
	return out
}

// match finds the end of every bracket, and what stays.
func (r *redactor) match() {
	r.shut = make([]int, len(r.tokens))
	var open []int
	for i, t := range r.tokens {
		switch {
		case t.kind == tokenOpen:
			r.shut[i], open = len(r.tokens), append(open, i)
		case t.kind == tokenShut && len(open) > 0:
			r.shut[open[len(open)-1]], open = i, open[:len(open)-1]
		case t.kind == tokenMark:
			r.keep = append(r.keep, t.span)
		}
	}
}

// read goes through the text once.
func (r *redactor) read() {
	frames := []frame{{}}
	labelled := false // since the beginning of what may be the header of a block
	for i := 0; i < len(r.tokens); i++ {
		top := &frames[len(frames)-1]
		switch t := r.tokens[i]; t.kind {
		case tokenOpen:
			frames, labelled = append(frames, frame{secret: top.secret || labelled && r.text[t.from] == '{'}), false
		case tokenShut:
			if top.named {
				r.found = append(r.found, top.values...)
			}
			if labelled = false; len(frames) > 1 {
				frames = frames[:len(frames)-1]
			}
		case tokenNewline, tokenComma, tokenAssign:
			labelled = false
		case tokenRemark:
			i = r.remarks(i)
		case tokenBody:
			if r.depth == inFile {
				r.within(t.span, inHeredoc)
			}
		case tokenWord, tokenQuoted:
			if end, hidden := r.setting(i, top); hidden {
				i = end - 1
				continue
			}
			if t.kind == tokenQuoted {
				labelled = labelled || secretLabel.MatchString(r.said(i))
				r.inText(t.span)
			}
		case tokenMark, tokenCompare: // say nothing
		}
	}
	for _, f := range frames { // which no bracket has ended
		if f.named {
			r.found = append(r.found, f.values...)
		}
	}
}

// said is the text of a token without its quotes.
func (r *redactor) said(i int) string {
	return strings.Trim(r.text[r.tokens[i].from:r.tokens[i].to], `"`)
}

// setting looks at the token, which may be the name of a setting. Where its value is to be
// hidden it is, and the index of the token behind it is given.
func (r *redactor) setting(i int, top *frame) (end int, hidden bool) {
	if i+1 >= len(r.tokens) {
		return 0, false
	}
	name := r.said(i)
	telling := secretName.MatchString(name)
	switch r.tokens[i+1].kind {
	case tokenCompare:
		if telling && i+2 < len(r.tokens) && r.tokens[i+2].kind == tokenQuoted && r.said(i+2) != "" {
			r.hide(i+2, i+3)
			return i + 3, true
		}
		return 0, false
	case tokenAssign:
	default:
		return 0, false
	}
	var from int
	switch lower := strings.ToLower(name); {
	case telling || top.secret:
		from, end = r.value(i + 2)
		if from < end && !reference.MatchString(r.text[r.tokens[from].from:r.tokens[end-1].to]) {
			r.hide(from, end)
			return end, true
		}
	case lower == "name" || lower == "key":
		from, end = r.value(i + 2)
		top.named = top.named || end == from+1 && secretName.MatchString(r.said(from))
	case lower == "value":
		if from, end = r.value(i + 2); from < end {
			top.values = append(top.values, span{r.tokens[from].from, r.tokens[end-1].to})
		}
	}
	return 0, false
}

// value is where the tokens of a value begin, and the index of the one behind them. It may
// begin in the next line, as in JSON, and goes on while a bracket is open.
func (r *redactor) value(i int) (from, end int) {
	from = i
	for from < len(r.tokens) && (r.tokens[from].kind == tokenNewline || r.tokens[from].kind == tokenRemark) {
		from++
	}
	if from > i && from+1 < len(r.tokens) && r.tokens[from+1].kind == tokenAssign {
		return i, i // another setting
	}
	end = from
	for j := from; j < len(r.tokens); j++ {
		switch r.tokens[j].kind {
		case tokenNewline, tokenComma, tokenShut:
			return from, end
		case tokenOpen:
			j = r.shut[j]
			end = min(j+1, len(r.tokens))
		case tokenRemark:
		default:
			end = j + 1
		}
	}
	return from, end
}

// hide hides the tokens given.
func (r *redactor) hide(from, end int) {
	r.last = r.tokens[end-1].to
	r.found = append(r.found, span{r.tokens[from].from, r.last})
}

// within hides what a part of the text says of secrets when it is read on its own.
func (r *redactor) within(part span, depth int) {
	for _, s := range secretSpans(r.text[part.from:part.to], depth) {
		r.found = append(r.found, span{part.from + s.from, part.from + s.to})
	}
}

// inText hides what a text says behind a name that tells of a secret.
func (r *redactor) inText(part span) {
	if m := secretInText.FindStringSubmatchIndex(strings.TrimSuffix(r.text[part.from:part.to], `"`)); m != nil {
		r.found = append(r.found, span{part.from + m[2], part.from + m[3]})
	}
}

// remarks reads the comment at i and those in the lines behind it as one text, and gives
// the last one's index. Beside a value that is hidden nothing of it is shown.
func (r *redactor) remarks(i int) int {
	first := r.tokens[i]
	beside := r.last >= 0 && !strings.Contains(r.text[r.last:first.from], "\n")
	last := i
	for j := i + 1; j < len(r.tokens) && !beside; j++ {
		if r.tokens[j].kind == tokenRemark {
			last = j
		} else if r.tokens[j].kind != tokenNewline {
			break
		}
	}
	part := span{first.from, r.tokens[last].to}
	bare := []byte(r.text[part.from:part.to])
	var lines []span
	at := 0
	for line := range strings.Lines(r.text[part.from:part.to]) {
		end := at + len(strings.TrimRight(line, "\r\n"))
		said := min(at+len(marker.FindString(line)), end)
		lines = append(lines, span{said, end})
		r.keep = append(r.keep, span{part.from + at, part.from + said})
		for i := at; i < said; i++ {
			bare[i] = ' '
		}
		at += len(line)
	}
	if beside {
		for _, l := range lines {
			r.found = append(r.found, span{part.from + l.from, part.from + l.to})
		}
		return last
	}
	for _, s := range inRemark(string(bare), lines) {
		r.found = append(r.found, span{part.from + s.from, part.from + s.to})
	}
	return last
}

// inRemark gives what is to be hidden in the lines of a comment: what it says of a secret as
// settings would, and the rest of a line in which a word tells of one.
func inRemark(text string, lines []span) []span {
	spans := secretSpans(text, inComment)
	settings := spans
	goesOn := false // the line before ends where a secret would begin
	for _, l := range lines {
		if goesOn {
			spans = append(spans, l)
		}
		goesOn = false
		for at := l.from; at < l.to; {
			word := secretRemark.FindStringIndex(text[at:l.to])
			if word == nil {
				break
			}
			begin := at + word[1]
			for len(settings) > 0 && settings[0].to <= begin {
				settings = settings[1:]
			}
			if len(settings) > 0 && settings[0].from < l.to && strings.Trim(text[begin:max(begin, settings[0].from)], " \t=:\"'") == "" {
				at = min(settings[0].to, l.to) // what is set is hidden already
				continue
			}
			rest := text[begin:l.to]
			goesOn = strings.Trim(rest, " \t") == ":" || strings.Trim(rest, " \t") == "="
			if !goesOn {
				spans = append(spans, span{l.to - len(strings.TrimLeft(rest, " \t")), l.to})
			}
			break
		}
	}
	return spans
}
