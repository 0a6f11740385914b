package policy

// StateAccess says which remote state the members of a group may work with.
type StateAccess struct {
	Partition string
	Region    string // of the lock table
	Account   string // of the lock table
	Bucket    string
	Keys      []string // the projects' state keys
	Except    []string // others' state keys of which one of Keys is the end, whose workspaces are denied
	KMSKeyARN string   // empty: the key policy itself names the users
	ReadKeys  []string // other KMS keys that older versions of the states are encrypted with
	Table     string   // empty: no DynamoDB lock
	Lockfile  bool     // the S3 lock file is in use
	AllKeys   bool     // every key of the bucket, in a document of fixed size; Keys is not used
}

// State is what a person needs who runs Terraform with these states, as
// measured with Terraform 1.5 to 1.15 and OpenTofu 1.12, and no more: to read
// and write the state, to make and remove the lock, to work in workspaces
// (which live under env:/WORKSPACE/KEY and alone may be deleted), and to use
// the encryption key. Listing is allowed without a condition: a missing first
// state answers 403 instead of 404 otherwise.
//
// IAM has no wildcard that stops at a slash, so a workspace state of the key
// "a/b" is also reached by whoever has the key "b". Callers keep one group's
// key from being the end of another's, or deny the other's workspaces by Except.
func State(a StateAccess) Document {
	bucket := "arn:" + a.Partition + ":s3:::" + a.Bucket
	statements := []Statement{{
		Sid:       "ListStates",
		Effect:    Allow,
		Actions:   []string{"s3:ListBucket"},
		Resources: []string{bucket},
	}}
	if a.AllKeys {
		statements = append(statements, a.allObjects(bucket)...)
	} else {
		statements = append(statements, a.objects(bucket)...)
	}
	statements = append(statements, a.lock()...)
	if a.KMSKeyARN != "" {
		statements = append(statements, Statement{
			Sid:       "UseStateKey",
			Effect:    Allow,
			Actions:   []string{"kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"},
			Resources: []string{a.KMSKeyARN},
		})
	}
	if len(a.ReadKeys) > 0 {
		statements = append(statements, Statement{
			Sid:       "ReadOlderVersions",
			Effect:    Allow,
			Actions:   []string{"kms:Decrypt", "kms:DescribeKey"},
			Resources: a.ReadKeys,
		})
	}
	statements = append(statements, a.keptOut()...)
	return Document{Version: Version2012, Statements: statements}
}

// objects names the states, their workspaces and their lock files. Terraform
// sends states over 5 MiB in parts and gives up a failed upload.
func (a StateAccess) objects(bucket string) []Statement {
	var states, workspaces, locks []string
	for _, key := range a.Keys {
		state := bucket + "/" + Literal(key)
		workspace := bucket + "/env:/*/" + Literal(key)
		states, workspaces = append(states, state), append(workspaces, workspace)
		locks = append(locks, state+".tflock", workspace+".tflock")
	}
	statements := []Statement{{
		Sid:       "ReadAndWriteStates",
		Effect:    Allow,
		Actions:   []string{"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"},
		Resources: states,
	}, {
		Sid:       "ManageWorkspaces",
		Effect:    Allow,
		Actions:   []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"},
		Resources: workspaces,
	}}
	if !a.Lockfile {
		return statements
	}
	return append(statements, Statement{
		Sid:       "LockWithFile",
		Effect:    Allow,
		Actions:   []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
		Resources: locks,
	})
}

func (a StateAccess) allObjects(bucket string) []Statement {
	removable := []string{bucket + "/env:/*"}
	if a.Lockfile {
		removable = append(removable, bucket+"/*.tflock")
	}
	return []Statement{{
		Sid:       "ReadAndWriteStates",
		Effect:    Allow,
		Actions:   []string{"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"},
		Resources: []string{bucket + "/*"},
	}, {
		Sid:       "DeleteWorkspacesAndLocks",
		Effect:    Allow,
		Actions:   []string{"s3:DeleteObject"},
		Resources: removable,
	}}
}

// lock grants the items of the lock table by their LockID: the lock itself and
// the state's digest, which ends in -md5. These three actions always carry
// dynamodb:LeadingKeys, so that ForAllValues cannot be met by its absence.
func (a StateAccess) lock() []Statement {
	if a.Table == "" {
		return nil
	}
	table := "arn:" + a.Partition + ":dynamodb:" + a.Region + ":" + a.Account + ":table/" + a.Table
	items := []string{a.Bucket + "/*"}
	if !a.AllKeys {
		items = nil
		for _, key := range a.Keys {
			state, workspace := a.Bucket+"/"+Literal(key), a.Bucket+"/env:/*/"+Literal(key)
			items = append(items, state, state+"-md5", workspace, workspace+"-md5")
		}
	}
	return []Statement{{
		Sid:       "SeeLockTable",
		Effect:    Allow,
		Actions:   []string{"dynamodb:DescribeTable"},
		Resources: []string{table},
	}, {
		Sid:        "LockWithTable",
		Effect:     Allow,
		Actions:    []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"},
		Resources:  []string{table},
		Conditions: Conditions{"ForAllValues:StringLike": {"dynamodb:LeadingKeys": items}},
	}}
}
