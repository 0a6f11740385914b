package healthtest

import (
	"context"
	"fmt"

	"stateroom/awsops"
	"stateroom/awsops/sandbox"
)

// operator is a session of the operator's.
func (b *Bench) operator() *awsops.Session { return b.Env().Sessions.Home(b.Answers.StateRegion) }

// Act does an operation of S3 by hand on the bucket, with the headers that it demands
// of what is put.
func (b *Bench) Act(operation string, in sandbox.ActInput) {
	b.T.Helper()
	in["Bucket"] = b.Answers.Bucket.Name
	if operation == "PutObject" {
		key, err := b.operator().Key(context.Background(), b.Answers.Key.Alias)
		b.Must(err)
		in["X-Amz-Server-Side-Encryption"], in["X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"] = "aws:kms", key.ARN
	}
	_, err := b.Server.Act(b.Answers.AdminAccount, "s3", operation, in)
	b.Must(err)
}

// PutState puts a state without resources into the bucket.
func (b *Bench) PutState(key, lineage string, serial int) {
	b.T.Helper()
	b.Act("PutObject", sandbox.ActInput{"Key": key, "Body": fmt.Sprintf(`{"version":4,"lineage":%q,"serial":%d,"resources":[]}`, lineage, serial)})
}

// DeleteState takes a state away again, with every version and delete marker: what
// may be put back is in the way of a move. A test may end with it.
func (b *Bench) DeleteState(key string) {
	b.T.Helper()
	versions, err := b.operator().ObjectVersions(context.Background(), b.Answers.Bucket.Name, key)
	b.Must(err)
	for _, v := range versions {
		b.Act("DeleteObject", sandbox.ActInput{"Key": key, "versionId": v.ID})
	}
}
