package troubleshoot

// The checks that more than one part asks for, in the article's words.
const (
	checkCredentialsFile = "credentials file exists"
	checkProfileInFile   = "profile is in the file"
	checkProfileInCode   = "profile in backend and provider"
	checkNamesAgree      = "profile names agree"
	checkEnvironment     = "environment variables that override"
	checkIdentity        = "identity"
	checkBucket          = "bucket permissions"
	checkKey             = "key permissions"
	checkAssumeRole      = "permission to assume the role"
	checkInside          = "permissions inside the environment"
	checkRegion          = "region and .terraform"
	checkKeyState        = "key state"
	checkTable           = "lock table"
	checkLock            = "lock holder"
	checkDigest          = "state digest"
	checkProject         = "project configuration"
	checkBackend         = "configured backend and .terraform"
	checkNetwork         = "endpoints and proxy"
	checkEncryption      = "encryption arguments in backend"
	checkLockFile        = "provider lock file"
)
