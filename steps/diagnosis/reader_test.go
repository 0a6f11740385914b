package diagnosis

import (
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

// repeat is an endless reader of one text.
type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.text[r.at:])
		n, r.at = n+c, (r.at+c)%len(r.text)
	}
	return n, nil
}

func TestReadKeepsBothEndsOfAHugeTextInBoundedMemory(t *testing.T) {
	for name, c := range map[string]struct {
		filler string
		size   int64
	}{
		"log":      {"2026-11-23T10:00:00.123Z [DEBUG] provider: " + strings.Repeat("x509: nothing to see ", 50) + "\n", 100 << 20},
		"one line": {"no line end at all ", 100 << 20},
		"lines":    {"module.app: Still creating... [10s elapsed]\n", 8 << 20},
		"json":     {`{"@level":"info","@message":"Plan","type":"planned_change"}` + "\n", 8 << 20},
		"docker":   {`{"log":"module.app: Still creating... [10s elapsed]\n","stream":"stdout","time":"2026-11-23T10:00:00Z"}` + "\n", 8 << 20},
		"units":    {"10:00:01.100 STDOUT [net] tofu: module.app: Still creating... [10s elapsed]\n", 8 << 20},
		"braces":   {`{"diagnostics": [` + "\n", 8 << 20},
		"headings": {"a1 Error: b2 Error: c\n", 8 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			huge := io.MultiReader(
				strings.NewReader(textOf(t, "region-wrong")),
				io.LimitReader(&repeat{text: c.filler}, c.size),
				strings.NewReader("\n"+textOf(t, "lock-held")),
			)
			peak := &peakReader{from: huge}
			text, err := Read(peak)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > keptHead+keptErrors+2*keptTail+8 {
				t.Errorf("kept %d bytes", len(text))
			}
			if peak.most > 64<<20 {
				t.Errorf("the heap grew to %d bytes", peak.most)
			}
			if got := found(text); got != "region-wrong lock-held" {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestAnErrorInTheMiddleOfALongLogIsNoGoodNews: what is in neither end is read all the
// same, and only what tells of an error is kept of it.
func TestAnErrorInTheMiddleOfALongLogIsNoGoodNews(t *testing.T) {
	healthy := strings.Repeat("aws_x.y: Refreshing state... [id=Error]\n  + note = \"Error: AccessDenied\"\n", 20<<10)
	bars := strings.Repeat("10%\r", longestLine)
	for name, c := range map[string]struct{ text, want string }{
		"nothing":           {"", NoError.ID},
		"box":               {textOf(t, "lock-held"), "lock-held"},
		"without a box":     {"Error: Error acquiring the state lock\n\nError message: ConditionalCheckFailedException: The conditional request failed\n", "lock-held"},
		"behind a prefix":   {"[net] Error: NoSuchBucket: The specified bucket does not exist\n", "bucket-missing"},
		"the CLI":           {"An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired\n", "token-expired"},
		"behind a bar":      {bars + "Error: ExpiredToken: the security token included in the request is expired\n", "token-expired"},
		"in a long line":    {strings.Repeat("word ", longestLine) + "\nError: ExpiredToken: expired\n", "token-expired"},
		"with Windows' \\r": {strings.ReplaceAll(textOf(t, "lock-held"), "\n", "\r\n"), "lock-held"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := found(healthy + c.text + healthy + "No changes.\n"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// peakReader looks at the heap in use after each 8 MiB read.
type peakReader struct {
	from io.Reader
	read int
	most uint64
}

func (r *peakReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if r.read/(8<<20) != (r.read+n)/(8<<20) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		r.most = max(r.most, m.HeapInuse)
	}
	r.read += n
	return n, err
}

func TestReadSaysWhatIsWrongWithItsInput(t *testing.T) {
	broken := errors.New("broken pipe")
	for name, c := range map[string]struct {
		in   io.Reader
		want error
	}{
		"empty":       {strings.NewReader(""), ErrEmpty},
		"white space": {strings.NewReader(" \n\t\x1b[0m\r\n"), ErrEmpty},
		"program":     {strings.NewReader("\x7fELF\x02\x01\x01\x00\x00"), ErrBinary},
		"image":       {strings.NewReader(strings.Repeat("\xff\xd8\xe0\x10J", 50)), ErrBinary},
		"log only":    {strings.NewReader("2026-11-23T10:00:00.123Z [DEBUG] x\n2026/11/23 10:00:00 [INFO] y\n"), ErrOnlyLog},
		"reader":      {io.MultiReader(strings.NewReader("Error: x\n"), failing{broken}), broken},
	} {
		t.Run(name, func(t *testing.T) {
			if text, err := Read(c.in); !errors.Is(err, c.want) {
				t.Errorf("got %q, %v", text, err)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestReadKeepsErrorsThatFollowALogEntry(t *testing.T) {
	log := "2026-11-23T10:00:00.123Z [DEBUG] [aws-sdk-go] DEBUG: Request\n---[ REQUEST POST-SIGN ]---\nPOST / HTTP/1.1\nAuthorization: AWS4\n\nError: No valid credential sources found\n"
	if got := found(log); got != "credentials-missing" {
		t.Errorf("got %q", got)
	}
}

// A text that was copied out of JSON is read as the text, and a value of an output that
// has lines in it is none.
func TestATextThatWasCopiedAsJSONIsRead(t *testing.T) {
	t.Parallel()
	box := "╷\n│ Error: Error acquiring the state lock\n│ \n│ Error message: ConditionalCheckFailedException: The conditional request failed\n╵\n"
	escaped, err := json.Marshal(box)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		string(escaped): LockHeld.ID,
		"[\n  " + strings.NewReplacer("╷", `\u2577`, "│", `\u2502`, "╵", `\u2575`).Replace(string(escaped)) + ",\n]\n": LockHeld.ID,
		"[\n  \"#!/bin/sh\\necho 'Error: not ready' >&2\\n\",\n]\n":                                                    NoError.ID,
	} {
		if got := FromText(text)[0].ID; got != want {
			t.Errorf("%s leads to %s, not to %s", text, got, want)
		}
	}
}
