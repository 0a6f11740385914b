package sandbox

import (
	"encoding/xml"
	"slices"
	"time"
)

// belonging is an SSH public key, a signing certificate or a service's
// credential of a user. No service here takes one; they stand in the way of
// deleting the user, as on AWS.
type belonging struct {
	id       string
	text     string // the public key, the certificate or the service's name
	created  time.Time
	inactive bool
}

// belongingKind is one kind of them, as IAM's operations name it.
type belongingKind struct {
	element string // of one in an answer
	plural  string // of a list in an answer
	prefix  string // of ids
	id      string // the parameter and the element of an id
	text    string // the parameter of what is uploaded
	words   string // in messages
	view    func(*xmlBelonging, belonging)
}

var (
	sshKeyKind = &belongingKind{
		"SSHPublicKey", "SSHPublicKeys", "APKA", "SSHPublicKeyId", "SSHPublicKeyBody", "SSH public key",
		func(x *xmlBelonging, b belonging) { x.SSHPublicKeyId, x.UploadDate = b.id, stamp(b.created) },
	}
	certificateKind = &belongingKind{
		"Certificate", "Certificates", "", "CertificateId", "CertificateBody", "signing certificate",
		func(x *xmlBelonging, b belonging) {
			x.CertificateId, x.CertificateBody, x.UploadDate = b.id, b.text, stamp(b.created)
		},
	}
	serviceKind = &belongingKind{
		"ServiceSpecificCredential", "ServiceSpecificCredentials", "ACCA", "ServiceSpecificCredentialId", "ServiceName", "service specific credential",
		func(x *xmlBelonging, b belonging) {
			x.ServiceSpecificCredentialId, x.ServiceName, x.CreateDate = b.id, b.text, stamp(b.created)
			x.ServiceUserName = x.UserName + "-at-sandbox"
		},
	}
)

// xmlBelonging is one in an answer; its kind decides which members it has.
type xmlBelonging struct {
	XMLName                     xml.Name
	UserName, Status            string
	SSHPublicKeyId              string `xml:",omitempty"`
	CertificateId               string `xml:",omitempty"`
	CertificateBody             string `xml:",omitempty"`
	ServiceSpecificCredentialId string `xml:",omitempty"`
	ServiceName                 string `xml:",omitempty"`
	ServiceUserName             string `xml:",omitempty"`
	UploadDate                  string `xml:",omitempty"`
	CreateDate                  string `xml:",omitempty"`
}

func (k *belongingKind) show(u *user, b belonging, element string) xmlBelonging {
	x := xmlBelonging{XMLName: xml.Name{Local: element}, UserName: u.name, Status: status(b.inactive)}
	k.view(&x, b)
	return x
}

// create uploads one. It is made for a service, which gives the id.
func (k *belongingKind) create(s *iamService) func(*request, *user) (any, error) {
	return func(r *request, u *user) (any, error) {
		if r.arg(k.text) == "" {
			return nil, invalid("ValidationError", "", k.text, "not be null")
		}
		b := belonging{id: s.ids.unique(k.prefix), text: r.arg(k.text), created: r.now}
		if u.belongings == nil {
			u.belongings = map[string][]belonging{}
		}
		u.belongings[k.element] = append(u.belongings[k.element], b)
		return struct{ Made xmlBelonging }{k.show(u, b, k.element)}, nil
	}
}

func (k *belongingKind) list(r *request, u *user) (any, error) {
	return listed(r, k.plural, u.belongings[k.element], func(b belonging) xmlBelonging { return k.show(u, b, "member") })
}

// find is the one of a request among the user's.
func (k *belongingKind) find(r *request, u *user) (int, error) {
	at := slices.IndexFunc(u.belongings[k.element], func(b belonging) bool { return b.id == r.arg(k.id) })
	if at < 0 {
		return 0, noSuchEntity("The %s with id %s cannot be found.", k.words, r.arg(k.id))
	}
	return at, nil
}

func (k *belongingKind) update(r *request, u *user) (any, error) {
	at, err := k.find(r, u)
	if err != nil {
		return nil, err
	}
	inactive, err := r.inactive()
	if err == nil {
		u.belongings[k.element][at].inactive = inactive
	}
	return nil, err
}

func (k *belongingKind) remove(r *request, u *user) (any, error) {
	at, err := k.find(r, u)
	if err != nil {
		return nil, err
	}
	u.belongings[k.element] = slices.Delete(slices.Clone(u.belongings[k.element]), at, at+1)
	return nil, nil
}

// hampers says which belonging stands in the way of deleting the user.
func (u *user) hampers() error {
	if !u.password.IsZero() {
		return deleteConflict("Cannot delete entity, must delete login profile first.")
	}
	for _, k := range []*belongingKind{sshKeyKind, certificateKind, serviceKind} {
		if len(u.belongings[k.element]) > 0 {
			return deleteConflict("Cannot delete entity, must delete " + k.words + " first.")
		}
	}
	return nil
}

// xmlLogin is a console password in an answer, which never shows it.
type xmlLogin struct{ UserName, CreateDate string }

func createLogin(r *request, u *user) (any, error) {
	switch {
	case !u.password.IsZero():
		return nil, alreadyExists("Login Profile for user %s already exists.", u.name)
	case len(r.arg("Password")) < 8:
		return nil, badRequest("PasswordPolicyViolation", "Password should have a minimum length of 8")
	}
	u.password = r.now
	return getLogin(r, u)
}

func getLogin(_ *request, u *user) (any, error) {
	if u.password.IsZero() {
		return nil, noSuchEntity("Login Profile for User %s cannot be found.", u.name)
	}
	return struct{ LoginProfile xmlLogin }{xmlLogin{u.name, stamp(u.password)}}, nil
}

func deleteLogin(r *request, u *user) (any, error) {
	if _, err := getLogin(r, u); err != nil {
		return nil, err
	}
	u.password = time.Time{}
	return nil, nil
}
