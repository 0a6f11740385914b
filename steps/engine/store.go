package engine

import (
	"stateroom/awsops"
	"stateroom/steps/blueprint"
)

// Store is the back end as a session uses it: the bucket of the states, the key that
// encrypts them and the locks that keep two writers apart.
type Store struct {
	Session *awsops.Session
	Bucket  string
	// Table is the lock table, empty without one; Lockfile says that the S3 lock
	// file is in use.
	Table    string
	Lockfile bool
	// KeyARN is the state encryption key.
	KeyARN string
}

// StoreOf is the blueprint's back end, whose key has this ARN.
func StoreOf(s *awsops.Session, a *blueprint.Answers, keyARN string) Store {
	return Store{s, a.Bucket.Name, a.Lock.DynamoDBTable, a.Lock.UseLockfile, keyARN}
}

// place names an object for people, itemID the item of its lock.
func (s Store) place(key string) string  { return "s3://" + s.itemID(key) }
func (s Store) itemID(key string) string { return s.Bucket + "/" + key }
