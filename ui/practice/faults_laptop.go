package practice

import (
	"fmt"
	"os"
	"regexp"
	"time"

	"stateroom/awsops/sandbox"
	"stateroom/steps/diagnosis"
)

// laptopFaults are in the AWS files of the scratch home.
var laptopFaults = []Fault{
	{diagnosis.CredentialsMissing, "", "The profile's section was lost from the credentials file; the config file still has its region.", func(at *byHand) {
		at.cutProfile(at.credentials(), at.inCredentials())
	}},
	{diagnosis.CredentialsMissing, "file", "The credentials file is gone, as on a new laptop.", func(at *byHand) {
		at.must(os.Remove(at.credentials()))
	}},
	{diagnosis.ProfileMissing, "", "Neither the credentials nor the config file has the profile.", func(at *byHand) {
		at.cutProfile(at.credentials(), at.inCredentials())
		at.cutProfile(at.config(), at.inConfig())
	}},
	{diagnosis.SSOExpired, "", "The profile signs in by single sign-on, and that session is over.", func(at *byHand) {
		at.cutProfile(at.credentials(), at.inCredentials())
		at.addToProfile(at.inConfig(), "sso_start_url = https://stateroom-sandbox.awsapps.com/start\nsso_region = "+at.blueprint.StateRegion+
			"\nsso_account_id = "+at.blueprint.AdminAccount+"\nsso_role_name = Admins\n")
	}},
	{diagnosis.MFAProfile, "", "The profile was made to assume a role with an MFA code, for which Terraform cannot ask.", func(at *byHand) {
		at.addToProfile(at.inConfig(), "role_arn = "+at.roleARN()+"\nsource_profile = "+at.blueprint.AdminProfile+
			"\nmfa_serial = arn:"+at.partition()+":iam::"+at.blueprint.AdminAccount+":mfa/"+at.Me+"\n")
	}},
	{diagnosis.TokenExpired, "", "The profile holds session credentials whose hour is over.", func(at *byHand) {
		c, err := at.Server.Session(at.blueprint.AdminAccount, at.Me, time.Now().Add(-2*time.Hour))
		at.must(err)
		at.setKey(c)
	}},
	{diagnosis.KeyInvalid, "token", "The config file has a token of an old session, which Terraform sends with the key.", func(at *byHand) {
		at.addToProfile(at.inConfig(), "aws_session_token = of-a-session-that-is-over\n")
	}},
	{diagnosis.SignatureMismatch, "", "The last character of the secret in the credentials file is another.", func(at *byHand) {
		key := at.key()
		if at.err != nil {
			return
		}
		end, last := len(key.SecretAccessKey)-1, "A"
		if key.SecretAccessKey[end:] == last {
			last = "B"
		}
		key.SecretAccessKey = key.SecretAccessKey[:end] + last
		at.setKey(key)
	}},
	{diagnosis.WrongAccount, "keys", "The profile holds the key of a user in the environment's account.", func(at *byHand) {
		at.setKey(at.strangersKey())
	}},
}

// inCredentials and inConfig are the headers of the admin's profile.
func (at *byHand) inCredentials() string { return "[" + at.blueprint.AdminProfile + "]" }
func (at *byHand) inConfig() string      { return "[profile " + at.blueprint.AdminProfile + "]" }

// cutProfile takes a section out of an AWS file.
func (at *byHand) cutProfile(path, header string) {
	at.edit(path, `(?m)^`+regexp.QuoteMeta(header)+`\n(?:[^\[\n].*\n|\n)*`, "")
}

// addToProfile puts lines below a header of the config file.
func (at *byHand) addToProfile(header, lines string) {
	at.edit(at.config(), `(?m)^`+regexp.QuoteMeta(header)+`\n`, "${0}"+lines)
}

// accessKey matches the two lines of an access key.
const accessKey = `aws_access_key_id = (\S+)\naws_secret_access_key = (\S+)\n`

// key is the access key in the admin's profile.
func (at *byHand) key() sandbox.Credentials {
	found := regexp.MustCompile(regexp.QuoteMeta(at.inCredentials()) + `\n` + accessKey).FindStringSubmatch(at.read(at.credentials()))
	if found == nil {
		at.must(fmt.Errorf("%s has no key in profile %s", at.credentials(), at.blueprint.AdminProfile))
		return sandbox.Credentials{}
	}
	return sandbox.Credentials{AccessKeyID: found[1], SecretAccessKey: found[2]}
}

// setKey puts other credentials into the admin's profile.
func (at *byHand) setKey(c sandbox.Credentials) {
	lines := "aws_access_key_id = " + c.AccessKeyID + "\naws_secret_access_key = " + c.SecretAccessKey + "\n"
	if c.SessionToken != "" {
		lines += "aws_session_token = " + c.SessionToken + "\n"
	}
	at.edit(at.credentials(), `(`+regexp.QuoteMeta(at.inCredentials())+`\n)`+accessKey, "${1}"+lines)
}

// strangersKey is the key of a new user in the first environment's account.
func (at *byHand) strangersKey() sandbox.Credentials {
	user := sandbox.ActInput{"UserName": at.Me}
	at.actIn(at.environment().Account, "iam", "CreateUser", user)
	var answer struct {
		ID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		Secret string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	at.askXML(at.environment().Account, "iam", "CreateAccessKey", user, &answer)
	return sandbox.Credentials{AccessKeyID: answer.ID, SecretAccessKey: answer.Secret}
}
