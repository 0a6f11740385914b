package sandbox

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 as AWS's virtual devices use it
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"time"
)

// mfaDevice is a virtual MFA device: a TOTP seed, and the user it is enabled
// for.
type mfaDevice struct {
	serial  string // ARN
	seed    []byte
	user    *user
	enabled time.Time
	used    int64 // last time step whose code was taken; no code counts twice
	// shown is the first of the time steps whose codes [Server.Codes] gave last, 0 before:
	// they count however long it takes to type them in, on a machine that stalls.
	shown int64
}

// totpStep is RFC 6238's time step, and mfaDrift how many steps a clock may be
// off.
const (
	totpStep = 30 * time.Second
	mfaDrift = 2
)

// code is the six digits of a time step.
func (d *mfaDevice) code(step int64) string {
	h := hmac.New(sha1.New, d.seed)
	_ = binary.Write(h, binary.BigEndian, step) // a hash takes everything
	sum := h.Sum(nil)
	offset := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[offset:])&0x7fffffff)%1_000_000)
}

// steps are the time steps whose codes count now: give or take the drift, and from the
// first on that was shown.
func (d *mfaDevice) steps(now time.Time) (first, last int64) {
	step := now.Unix() / int64(totpStep.Seconds())
	first, last = step-mfaDrift, step+mfaDrift
	if d.shown > 0 {
		first = min(first, d.shown)
	}
	return first, last
}

// accept takes a code of now once.
func (d *mfaDevice) accept(code string, now time.Time) bool {
	first, last := d.steps(now)
	for s := first; s <= last; s++ {
		if s > d.used && hmac.Equal([]byte(d.code(s)), []byte(code)) {
			d.used = s
			return true
		}
	}
	return false
}

// acceptPair takes two codes in a row.
func (d *mfaDevice) acceptPair(one, two string, now time.Time) bool {
	first, last := d.steps(now)
	for s := first; s <= last; s++ {
		if hmac.Equal([]byte(d.code(s)+d.code(s+1)), []byte(one+two)) {
			d.used = s + 1
			return true
		}
	}
	return false
}

// Codes gives the next n codes in a row that a virtual device takes, as an
// authenticator app would show them one after the other; none for a device that
// does not exist or has no more codes before its clock goes on.
func (s *Server) Codes(serial string, n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.device(serial)
	if d == nil {
		return nil
	}
	step := s.options.Now().Unix() / int64(totpStep.Seconds())
	first := max(d.used+1, step-mfaDrift)
	if first+int64(n)-1 > step+mfaDrift {
		return nil
	}
	d.shown = first
	var codes []string
	for i := range int64(n) {
		codes = append(codes, d.code(first+i))
	}
	return codes
}

// device finds a virtual device in any account; nil without one.
func (s *core) device(serial string) *mfaDevice {
	for _, a := range s.accounts {
		if d, ok := a.mfa[serial]; ok {
			return d
		}
	}
	return nil
}

// devices lists MFA devices of an account by serial number.
func (a *account) devices(which func(*mfaDevice) bool) []*mfaDevice {
	var out []*mfaDevice
	for _, d := range inOrder(a.mfa) {
		if which(d) {
			out = append(out, d)
		}
	}
	return out
}

// devices lists the user's MFA devices.
func (u *user) devices(a *account) []*mfaDevice {
	return a.devices(func(d *mfaDevice) bool { return d.user == u })
}

// mfaARN is the device that a request names, or the one it is to create.
func mfaARN(r *request) string {
	if serial := r.arg("SerialNumber"); serial != "" {
		return serial
	}
	return r.account.partition.arn("iam", "", r.account.id, "mfa"+cmp.Or(r.arg("Path"), "/")+r.arg("VirtualMFADeviceName"))
}

// mfaPath is the resource of ListVirtualMFADevices.
func mfaPath(r *request) string { return r.account.partition.arn("iam", "", r.account.id, "mfa/") }

func (r *request) device() (*mfaDevice, error) {
	if d, ok := r.account.mfa[r.arg("SerialNumber")]; ok {
		return d, nil
	}
	return nil, noSuchEntity("VirtualMFADevice with serial number %s does not exist.", r.arg("SerialNumber"))
}

func (s *iamService) createMFA(r *request) (any, error) {
	name := r.arg("VirtualMFADeviceName")
	if err := checkName("virtualMFADeviceName", name, 226); err != nil {
		return nil, err
	}
	serial := mfaARN(r)
	if _, ok := r.account.mfa[serial]; ok {
		return nil, alreadyExists("MFADevice entity at the same path and name already exists.")
	}
	sum := s.ids.next()
	d := &mfaDevice{serial: serial, seed: sum[:40]}
	r.account.mfa[serial] = d
	seed := base32.StdEncoding.EncodeToString(d.seed)
	s.issued = append(s.issued, seed)
	type created struct{ SerialNumber, Base32StringSeed string }
	return struct{ VirtualMFADevice created }{created{serial, base64.StdEncoding.EncodeToString([]byte(seed))}}, nil
}

func deleteMFA(r *request) (any, error) {
	d, err := r.device()
	if err != nil {
		return nil, err
	}
	if d.user != nil {
		return nil, deleteConflict("MFA VirtualDevice in use. Must deactivate first.")
	}
	delete(r.account.mfa, d.serial)
	return nil, nil
}

func enableMFA(r *request, u *user) (any, error) {
	d, err := r.device()
	if err != nil {
		return nil, err
	}
	if d.user != nil {
		return nil, alreadyExists("MFA Device is already in use.")
	}
	if !d.acceptPair(r.arg("AuthenticationCode1"), r.arg("AuthenticationCode2"), r.now) {
		return nil, fail(http.StatusForbidden, "InvalidAuthenticationCode", "Authentication code for device is not valid.")
	}
	d.user, d.enabled = u, r.now
	return nil, nil
}

func deactivateMFA(r *request, u *user) (any, error) {
	d, err := r.device()
	if err != nil {
		return nil, err
	}
	if d.user != u {
		return nil, noSuchEntity("MFA Device with serial number %s is not enabled for user %s.", d.serial, u.name)
	}
	d.user, d.enabled = nil, time.Time{}
	return nil, nil
}

type xmlDevice struct{ UserName, SerialNumber, EnableDate string }

func listMFA(r *request, u *user) (any, error) {
	return listed(r, "MFADevices", u.devices(r.account), func(d *mfaDevice) xmlDevice { return xmlDevice{u.name, d.serial, stamp(d.enabled)} })
}

func listVirtualMFA(r *request) (any, error) {
	type virtual struct {
		SerialNumber string
		EnableDate   string `xml:",omitempty"`
		User         *xmlUser
	}
	asked := cmp.Or(r.arg("AssignmentStatus"), "Any")
	all := r.account.devices(func(d *mfaDevice) bool { return asked == "Any" || (asked == "Assigned") == (d.user != nil) })
	return listed(r, "VirtualMFADevices", all, func(d *mfaDevice) virtual {
		v := virtual{SerialNumber: d.serial}
		if d.user != nil {
			owner := viewUser(r.account)(d.user)
			v.EnableDate, v.User = stamp(d.enabled), &owner
		}
		return v
	})
}
