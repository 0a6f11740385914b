package tf

import (
	"crypto/md5" //nolint:gosec // Terraform's digest of a state is its MD5
	"encoding/hex"
	"encoding/json"
	"time"
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

// ReadLock reads a lock; ok is false for what is no lock.
func ReadLock(text string) (info LockInfo, ok bool) {
	err := json.Unmarshal([]byte(text), &info)
	return info, err == nil && info.ID != ""
}

// Digest is the one of a state that the lock table holds: its MD5 in hexadecimal.
func Digest(state []byte) string {
	sum := md5.Sum(state) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}
