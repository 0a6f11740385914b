package policy

// BucketRules are the arguments of the state bucket's policy.
type BucketRules struct {
	Partition string
	Bucket    string
	KMSKeyARN string // the full ARN, as Terraform sends it in the header
	// Strict refuses a write without encryption headers, as the article does.
	// Otherwise the bucket's default encryption takes care of it.
	Strict bool
}

const (
	algorithmHeader = "s3:x-amz-server-side-encryption"
	keyHeader       = "s3:x-amz-server-side-encryption-aws-kms-key-id"
)

// Bucket is the policy of the state bucket: nothing but Deny statements, so
// that whoever may write is decided by identity policies.
//
// The strict form keeps the article's two statements on the algorithm and adds
// one on the key, whose negated operator holds for a missing header too. The
// compatible form has each of them look at a header that is there, and refuses
// aws:kms without a key apart: S3 would take the AWS managed key for it.
// OpenTofu 1.10.1 needs it (opentofu#2970: lock files without headers).
//
// A part of a multipart upload is authorized as s3:PutObject and carries no
// header; S3 judges it by the encryption that CreateMultipartUpload asked for,
// so that states over 5 MiB pass both forms.
func Bucket(rules BucketRules) Document {
	bucket := "arn:" + rules.Partition + ":s3:::" + rules.Bucket
	deny := compatibleWrites
	if rules.Strict {
		deny = strictWrites
	}
	d := Document{Version: Version2012, ID: "PutObjPolicy"}
	for _, s := range deny(rules.KMSKeyARN) {
		s.Actions, s.Resources = []string{"s3:PutObject"}, []string{bucket + "/*"}
		d.Statements = append(d.Statements, s)
	}
	d.Statements = append(d.Statements, Statement{
		Sid:        "DenyInsecureTransport",
		Actions:    []string{"s3:*"},
		Resources:  []string{bucket, bucket + "/*"},
		Conditions: Conditions{"Bool": {"aws:SecureTransport": {"false"}}},
	})
	for i := range d.Statements {
		d.Statements[i].Effect = Deny
		d.Statements[i].Principals = Principals{"*": {"*"}}
	}
	return d
}

func strictWrites(keyARN string) []Statement {
	return []Statement{{
		Sid:        "DenyIncorrectEncryptionHeader",
		Conditions: Conditions{"StringNotEquals": {algorithmHeader: {"aws:kms"}}},
	}, {
		Sid:        "DenyUnEncryptedObjectUploads",
		Conditions: Conditions{"Null": {algorithmHeader: {"true"}}},
	}, {
		Sid:        "DenyOtherEncryptionKey",
		Conditions: Conditions{"StringNotEquals": {keyHeader: {keyARN}}},
	}}
}

func compatibleWrites(keyARN string) []Statement {
	return []Statement{{
		Sid: "DenyIncorrectEncryptionHeader",
		Conditions: Conditions{
			"StringNotEquals": {algorithmHeader: {"aws:kms"}},
			"Null":            {algorithmHeader: {"false"}},
		},
	}, {
		Sid: "DenyOtherEncryptionKey",
		Conditions: Conditions{
			"StringNotEquals": {keyHeader: {keyARN}},
			"Null":            {keyHeader: {"false"}},
		},
	}, {
		Sid: "DenyMissingEncryptionKey",
		Conditions: Conditions{
			"StringEquals": {algorithmHeader: {"aws:kms"}},
			"Null":         {keyHeader: {"true"}},
		},
	}}
}
