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

// Bounds of what is kept of a text: its beginning, its end, and of one line.
const (
	keptHead    = 256 << 10
	keptTail    = 256 << 10
	longestLine = 64 << 10
	// judged is how much of the beginning tells text from binary.
	judged = 8 << 10
)

// Read takes a text of any size in bounded memory and in one pass. It may be in UTF-8,
// UTF-16 or UTF-32. ANSI codes, TF_LOG lines and the times that CI systems put before a
// line are gone, lines that a log driver wrapped in JSON are unwrapped, -json diagnostics
// are written out as Terraform prints them for people, and of what is left the first and
// last 256 KiB are kept, with a line of three dots where something is missing. Secrets
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
		// What a terminal would write over is a line, too: an error may stand in it.
		for part := range strings.SplitSeq(strings.TrimRight(line, "\r\n"), "\r") {
			if line != "" {
				c.line(part)
			}
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

// nextLine reads a line; what a line has beyond longestLine is read and dropped,
// from a white space on, so that no half of a secret escapes redaction.
func nextLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	text := string(line)
	if errors.Is(err, bufio.ErrBufferFull) {
		text = text[:strings.LastIndexAny(text, " \t")+1] + "…\n"
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "�"), err
}

// cleaner turns raw lines into the lines that matter, and keeps both ends.
type cleaner struct {
	head, tail []byte
	cut        bool
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
	text = drawn(text)
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
	if len(c.tail) > 2*keptTail {
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-keptTail:]...)
		c.cut = true
	}
}

// String is what was kept. Where the end was cut, it begins with a whole line.
func (c *cleaner) String() string {
	if !c.cut {
		return string(c.head) + string(c.tail)
	}
	tail := c.tail
	if i := bytes.IndexByte(tail, '\n'); i >= 0 {
		tail = tail[i+1:]
	}
	return string(c.head) + "…\n" + strings.ToValidUTF8(string(tail), "")
}
