package tf

import (
	"crypto/md5" //nolint:gosec // Terraform's digest of a state is its MD5
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
	"unicode"
)

// LockInfo is what Terraform writes into a lock, and shows to whoever meets it
// (internal/states/statemgr/locker.go in Terraform 1.11).
type LockInfo struct {
	ID        string
	Operation string
	Info      string
	Who       string
	Version   string
	Created   time.Time
	Path      string
}

// Since is when it was taken, as people read it.
func (l LockInfo) Since() string { return l.Created.UTC().Format("15:04 UTC on 2 January 2006") }

// ReadLock reads a lock; ok is false for what is no lock. Whoever may write a lock may
// write any text into it: what people are shown of it stays one line, and an id that is
// not one word is none of Terraform's, which are UUIDs.
func ReadLock(text string) (info LockInfo, ok bool) {
	err := json.Unmarshal([]byte(text), &info)
	for _, shown := range []*string{&info.Operation, &info.Info, &info.Who, &info.Version, &info.Path} {
		*shown = lineEnds.Replace(*shown)
	}
	spaced := strings.ContainsFunc(info.ID, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	return info, err == nil && info.ID != "" && !spaced
}

// lineEnds writes out what would end a line.
var lineEnds = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)

// Digest is the one of a state that the lock table holds: its MD5 in hexadecimal.
func Digest(state []byte) string {
	sum := md5.Sum(state) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}
