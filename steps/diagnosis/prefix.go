package diagnosis

import (
	"strings"
	"unicode/utf8"
)

// box are the characters of the box that the engines draw around a diagnostic.
const box = "╷│╵"

// mostShapes bounds how many kinds of prefixes are told apart.
const mostShapes = 64

// prefixes takes off the lines of a log what stands before the engine's own words: a
// unit's name, a time, a stream. What stands before a box is such a prefix, whatever it
// is; so is what stands before Error: in a line and at the beginning of a neighbour, too.
type prefixes struct {
	// shapes are those seen, their digits made equal.
	shapes []string
}

// leading are prefixes that need no box to be known: times, levels, streams, names in
// brackets or before Docker Compose's bar, and the marks of a quotation.
var leading = wording(`^(?:\s*(?:` +
	`\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?(?:\s|$)` +
	`|\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?[A-Z]?:?(?:\s|$)` +
	`|\[[^\[\]"=]{1,120}\](?:\s|$)` +
	`|(?:STDOUT|STDERR|stdout|stderr|TRACE|DEBUG|INFO|WARN|WARNING|ERROR)\b:?(?: -)?(?:\s|$)` +
	`|(?:TRAC|DEBU|INFO|WARN|ERRO|FATA)\[\d+\](?:\s|$)` +
	`|(?:tofu|terraform|terragrunt): ?` +
	`|[\w./-]{1,80}\s+\|(?:\s|$)` +
	`|>(?:\s|$)))+`)

// reflowed is a diagnostic that lost its lines and kept an edge of its box between two words.
var reflowed = wording(`^[\s│╷|]*(?:Error|Warning): [^╷│╵]*[^\s╷│╵]`)

// provisioner is a line that a provisioner's program printed: whether it failed the engine
// says itself, in an error of its own.
var provisioner = wording(`^\S+ \((?:local|remote)-exec\): `)

// cut divides a line into its prefix and what the engine said, given the lines around it.
func (p *prefixes) cut(line, before, behind string) (prefix, rest string) {
	if at := strings.IndexAny(line, box); at >= 0 && !reflowed.regexp().MatchString(line) {
		p.learn(line[:at])
		return line[:at], line[at:]
	}
	if heading.regexp().MatchString(line) {
		return "", line
	}
	for _, s := range p.shapes {
		if at := behindShape(line, s); at >= 0 {
			return line[:at], line[at:]
		}
	}
	if at := len(leading.regexp().FindString(line)); at > 0 {
		return line[:at], line[at:]
	}
	if at := strings.Index(line, "Error: "); at > 0 && strings.IndexByte("\"'`(", line[at-1]) < 0 && !provisioner.regexp().MatchString(line) {
		s := shapeOf(line[:at])
		if behindShape(before, s) >= 0 || behindShape(behind, s) >= 0 {
			p.learn(line[:at])
			return line[:at], line[at:]
		}
	}
	return "", line
}

func (p *prefixes) learn(prefix string) {
	if strings.TrimSpace(prefix) == "" || len(p.shapes) >= mostShapes {
		return
	}
	s := shapeOf(prefix)
	for _, known := range p.shapes {
		if s == known {
			return
		}
	}
	p.shapes = append(p.shapes, s)
}

// shapeOf is a prefix with every run of digits made one zero, and without the white space
// at its end, which empty lines lack.
func shapeOf(prefix string) string {
	var b strings.Builder
	digits := false
	for i := range len(prefix) {
		digit := prefix[i] >= '0' && prefix[i] <= '9'
		switch {
		case !digit:
			b.WriteByte(prefix[i])
		case !digits:
			b.WriteByte('0')
		}
		digits = digit
	}
	return strings.TrimRight(b.String(), " \t")
}

// behindShape is where a line goes on behind a prefix of a shape, or -1.
func behindShape(line, shape string) int {
	at := 0
	for i := range len(shape) {
		if at >= len(line) {
			return -1
		}
		if shape[i] == '0' && line[at] >= '0' && line[at] <= '9' {
			for at < len(line) && line[at] >= '0' && line[at] <= '9' {
				at++
			}
			continue
		}
		if line[at] != shape[i] {
			return -1
		}
		at++
	}
	if at < len(line) && (line[at] == ' ' || line[at] == '\t') {
		at++
	}
	if shape == "" {
		return -1
	}
	return at
}

var (
	// bracketed is a name in brackets; unnamed is what stands in them, or alone, and is no
	// unit's name.
	bracketed = wording(`\[([^\[\]]{1,120})\]`)
	unnamed   = wording(`(?i)^(?:[\d:.,TZ+/ -]*|trace|debug|info|warn|warning|error|stdout|stderr|terragrunt|terraform|tofu|opentofu|step \d+/\d+|\w{3} \d\d? [\d:]+)$`)
)

// longestUnit bounds a unit's name, in characters.
const longestUnit = 80

// unitOf is the unit, the project or the container that a prefix names; empty for none.
func unitOf(prefix string) string {
	unit := ""
	for _, m := range bracketed.regexp().FindAllStringSubmatch(prefix, -1) {
		if name := strings.TrimSpace(m[1]); !unnamed.regexp().MatchString(name) {
			unit = name
		}
	}
	if unit == "" {
		unit, _, _ = strings.Cut(strings.TrimSpace(prefix), "\t") // gh run view --log: the job's name
		unit = strings.Trim(unit, " :|>")
	}
	if unnamed.regexp().MatchString(unit) || strings.ContainsAny(unit, " \t=\"") || utf8.RuneCountInString(unit) > longestUnit || !nameLike.regexp().MatchString(unit) {
		return ""
	}
	return Redact(unit)
}

// nameLike has a letter in it, as every name of a unit has.
var nameLike = wording(`^[\w./@:-]*[A-Za-z][\w./@:-]*$`)
