package troubleshoot

// The checks of what AWS answers, in the article's words.
const (
	checkIdentity   = "identity"
	checkBucket     = "bucket permissions"
	checkKey        = "key permissions"
	checkAssumeRole = "permission to assume the role"
	checkInside     = "permissions inside the environment"
	checkRegion     = "region and .terraform"
	checkKeyState   = "key state"
	checkTable      = "lock table"
	checkLock       = "lock holder"
	checkDigest     = "state digest"
)
