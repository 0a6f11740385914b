package diagnosis

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what is kept of a text: its beginning, its end, the errors between them, and
// of one line.
const (
	keptHead    = 256 << 10
	keptTail    = 256 << 10
	keptErrors  = 256 << 10
	longestLine = 64 << 10
	// readAhead is so much more than a line that moving what was read costs little.
	readAhead = 16 * longestLine
	// judged is how much of the beginning tells text from binary.
	judged = 8 << 10
)

// Read takes a text of any size in bounded memory and in one pass. It may be in UTF-8,
// UTF-16 or UTF-32. ANSI codes, TF_LOG lines and the times that CI systems put before a
// line are gone, lines that a log driver wrapped in JSON are unwrapped, -json diagnostics
// are written out as Terraform prints them for people, and of what is left the first and
// last 256 KiB are kept, and of the lines between them those that tell of an error, with
// a line of three dots where something is missing. Secrets
// are still in it: show what FromText answers instead. Errors are ErrEmpty,
// ErrBinary, ErrOnlyLog, and the reader's own.
func Read(r io.Reader) (string, error) {
	in := inUTF8(r)
	start, err := in.Peek(judged)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the error text: %w", err)
	}
	if isBinary(start) {
		return "", ErrBinary
	}
	var c cleaner
	for {
		line, err := nextLine(in)
		if line != "" || err == nil {
			c.line(line)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("read the error text: %w", err)
		}
	}
	text := c.String()
	switch {
	case strings.TrimSpace(text) != "":
		return text, nil
	case c.progress != "":
		return c.progress + "\n", nil
	case c.dropped:
		return "", ErrOnlyLog
	}
	return "", ErrEmpty
}

// isBinary tells text from anything else by NUL bytes and broken UTF-8. A
// character cut off at the end of what is judged does not count.
func isBinary(start []byte) bool {
	if bytes.IndexByte(start, 0) >= 0 {
		return true
	}
	broken := 0
	for rest := start; len(rest) > utf8.UTFMax; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			broken++
		}
		rest = rest[size:]
	}
	return broken*10 > len(start)
}

// nextLine reads a line without its end. A carriage return ends one, too: what a terminal
// would write over is a line in which an error may stand. A longer one than longestLine is
// given in pieces, which end with white space, so that no half of a secret escapes
// redaction; a piece without any is dropped.
func nextLine(in *bufio.Reader) (string, error) {
	ahead, err := in.Peek(longestLine)
	if len(ahead) == longestLine {
		err = nil
	}
	line, used := ahead, len(ahead)
	switch end := bytes.IndexAny(ahead, "\r\n"); {
	case end >= 0:
		line, used, err = ahead[:end], end+1, nil
		if bytes.HasPrefix(ahead[end:], []byte("\r\n")) {
			used++
		}
	case len(ahead) == longestLine:
		if used = bytes.LastIndexAny(ahead, " \t") + 1; used == 0 {
			line, used = []byte("…"), len(ahead)
		} else {
			line = ahead[:used]
		}
	}
	text := strings.ToValidUTF8(strings.ReplaceAll(string(line), "\x00", ""), "�")
	_, _ = in.Discard(used) // it is in the buffer
	return text, err
}

// cleaner turns raw lines into the lines that matter, and keeps both ends.
type cleaner struct {
	head, tail []byte
	// between are the lines of errors that stand between both ends, once cut is set, and
	// goesOn is how many of the next may still belong to the last of these errors.
	between []byte
	cut     bool
	goesOn  int
	// dropped says that there were lines of a log, progress is the first message of -json
	// that was none of an error.
	dropped  bool
	progress string
	// inLog is set while the lines that follow still belong to a log entry.
	inLog bool
}

var (
	// ansiCode matches the control sequences that terminals and engines use, and colours
	// whose escape was lost, or written out, on the way.
	ansiCode = wording(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|(?:\^\[|\\x1[bB]|\\0?33|\\e|\\u001[bB]|[␛�])?\[\d{1,3}(?:;\d{1,3})*m`)
	// stamp is the time that CI systems, and TF_LOG, put before a line; GitLab's says which
	// stream it was.
	stamp = wording(`^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?(?: \d\d[OE]\+?)?\]?[ \t]`)
	// level is what follows the time in a line of TF_LOG, logged the same behind a prefix.
	level  = wording(`^\[(?:TRACE|DEBUG|INFO|WARN|ERROR)\]`)
	logged = wording(`\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d\S* ?\[(?:TRACE|DEBUG|INFO|WARN|ERROR)\]`)
	// marker is what CI systems put before a line that they colour, failed that of an error.
	marker = wording(`^(?:##\[\w+\]|::(?:error|warning|notice|debug)(?: [^:]*)?::)`)
	failed = wording(`^(?:##\[error\]|::error)`)
	// continued is a line of a log entry's request, response or value.
	continued = wording(`^(?:\s+\S|\s*\||-{3,}|HTTP/\d|<|[{}\[\]]|(?:GET|PUT|POST|HEAD|DELETE) \S+ HTTP|[A-Z][\w-]*: )`)
)

// line takes a line, which is more than one where a line of JSON holds them.
func (c *cleaner) line(raw string) {
	text := bare(raw)
	if lines, ok := c.unwrapped(text, deepest); ok {
		c.inLog = false
		for _, line := range lines {
			c.keep(line + "\n")
		}
		return
	}
	switch {
	case isLog(text):
		c.inLog, c.dropped = level.regexp().MatchString(text), true
	case c.inLog && !tells(text) && continued.regexp().MatchString(text):
	default:
		c.inLog = false
		c.keep(text + "\n")
	}
}

// levels are TF_LOG's, those first under which no engine tells its user anything.
var levels = []string{"[TRACE]", "[DEBUG]", "[INFO]", "[WARN]", "[ERROR]"}

// isLog recognises the first line of an entry of TF_LOG. Other programs log an engine's
// own words under the same levels.
func isLog(text string) bool {
	i := slices.IndexFunc(levels, func(l string) bool { return strings.Contains(text, l) })
	if i < 0 || strings.ContainsAny(text, box) || i > 1 && tells(text) {
		return false
	}
	return level.regexp().MatchString(text) || logged.regexp().MatchString(text)
}

// tells recognises a line in which an engine speaks to its user.
func tells(text string) bool {
	return strings.ContainsAny(text, box) || strings.Contains(text, "Error: ")
}

// bare takes off a line what terminals, editors and CI systems put around it.
// The cheap looks first keep a log of 100 MB from taking long.
func bare(raw string) string {
	text := strings.TrimPrefix(raw, "\ufeff")
	if strings.Contains(text, "\x1b") || strings.Contains(text, "[0m") {
		text = ansiCode.regexp().ReplaceAllString(text, "")
	}
	text = plain(drawn(text))
	for beginsWith(text, "0123456789[") && stamp.regexp().MatchString(text) {
		text = stamp.regexp().ReplaceAllString(text, "")
	}
	if beginsWith(text, "#:") && marker.regexp().MatchString(text) {
		isError := failed.regexp().MatchString(text)
		text = strings.NewReplacer("%0D", "", "%0A", "\n", "%25", "%").Replace(marker.regexp().ReplaceAllString(text, ""))
		if isError && !starts(text) && strings.TrimSpace(text) != "" {
			text = "Error: " + text
		}
	}
	return text
}

func beginsWith(text, chars string) bool {
	return text != "" && strings.IndexByte(chars, text[0]) >= 0
}

// misread are the boxes of a text in UTF-8 that was read as another code page.
var misread = strings.NewReplacer(
	"Γò╖", "╷", "Γöé", "│", "Γò╡", "╵", // 437, what PowerShell makes of a pipe
	"ÔòÀ", "╷", "Ôöé", "│", "ÔòÁ", "╵", // 850
	"â•·", "╷", "â”‚", "│", "â•µ", "╵", // Windows-1252
	"â\u0095·", "╷", "â\u0094\u0082", "│", "â\u0095µ", "╵", // Latin 1
	"тХ╖", "╷", "тФВ", "│", "тХ╡", "╵", // 866
	"в•·", "╷", "в”‚", "│", "в•µ", "╵", // Windows-1251
)

// drawn restores the boxes that the engines draw.
func drawn(text string) string {
	if !strings.ContainsAny(text, "ΓÔâтв") {
		return text
	}
	return misread.Replace(text)
}

func (c *cleaner) keep(text string) {
	if len(c.tail) == 0 && len(c.head)+len(text) <= keptHead {
		c.head = append(c.head, text...)
		return
	}
	c.tail = append(c.tail, text...)
	if len(c.tail) <= 2*keptTail {
		return
	}
	at := len(c.tail) - keptTail
	at += bytes.IndexByte(c.tail[at:], '\n') + 1 // every line ends before longestLine
	for line := range strings.Lines(string(c.tail[:at])) {
		if c.ofError(line) && len(c.between)+len(line) <= keptErrors {
			c.between = append(c.between, line...)
		}
	}
	c.tail = append(c.tail[:0], c.tail[at:]...)
	c.cut = true
}

// detail is how many lines behind the heading of an error, without a box around it, may
// belong to it.
const detail = 30

// faults are words of which every sentence of failure has one, to pass quickly over the
// lines that have none.
var faults = []string{
	"rror", "atus", "nable to", "ailed to", "ould not", "onfig profile", "aused by", "validation", "redentials", "timeout on", "session associated", "expired",
	"x509", "dial tcp", "no space left", "atal", "anic",
}

// ofError tells whether a line between both ends tells of an error. Those of a plan, or
// of a value, that hold its words are indented.
func (c *cleaner) ofError(line string) bool {
	switch {
	case strings.ContainsAny(line, box):
		c.goesOn = 0
		return true
	case c.goesOn > 0:
		c.goesOn--
		return true
	case !containsAny(line, faults) || progress.regexp().MatchString(line):
		return false
	case !beginsWith(line, " \t") && strings.Contains(line, "Error: "):
		c.goesOn = detail
		return true
	}
	return sentence.regexp().MatchString(line)
}

// String is what was kept.
func (c *cleaner) String() string {
	if !c.cut {
		return string(c.head) + string(c.tail)
	}
	return string(c.head) + "…\n" + string(c.between) + "…\n" + string(c.tail)
}
