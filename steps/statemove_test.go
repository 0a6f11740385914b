package steps

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"stateroom/awsops/sandbox"
	"stateroom/steps/blueprint"
	"stateroom/steps/engine"
)

const movedKey = "common/production"

// stateText is a state as Terraform writes it.
func stateText(lineage string, serial int) string {
	return fmt.Sprintf(`{"version":4,"serial":%d,"lineage":%q,"outputs":{},"resources":[{"instances":[{}]}]}`, serial, lineage)
}

// backup writes a backup of these states by their workspaces.
func (w *world) backup(name string, states map[string]string) string {
	for workspace, text := range states {
		w.write(filepath.Join(name, workspace+".tfstate"), text)
	}
	return filepath.Join(w.dir, name)
}

// mover is a move of the production project's states as a run of setup makes it.
func (w *world) mover(lock blueprint.Lock, id, backup string, earlier ...string) engine.StateMove {
	w.t.Helper()
	env := w.setup(team()).Env
	key, err := env.Sessions.Home("eu-west-1").Key(context.Background(), "alias/terraform")
	w.must(err)
	return engine.StateMove{
		Store: engine.Store{
			Session: env.Sessions.Home("eu-west-1"), Bucket: "acme-terraform-state", Table: lock.DynamoDBTable,
			Lockfile: lock.UseLockfile, KeyARN: key.ARN,
		}, Key: movedKey, LockID: id, Backup: backup, Earlier: earlier,
	}
}

// put writes an object as somebody else would.
func (w *world) put(key, text string) {
	w.t.Helper()
	keyARN := w.mover(blueprint.Lock{}, "", "").KeyARN
	_, err := w.hands("").s3.PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String("acme-terraform-state"), Key: aws.String(key), Body: strings.NewReader(text),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(keyARN),
	})
	w.must(err)
}

// cover lays a delete marker over objects, as a deletion does.
func (w *world) cover(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		_, err := w.hands("").s3.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: aws.String("acme-terraform-state"), Key: aws.String(key)})
		w.must(err)
	}
}

// erase deletes every version of these objects, the delete markers too.
func (w *world) erase(keys ...string) {
	w.t.Helper()
	client := w.hands("").s3
	for _, key := range keys {
		list, err := client.ListObjectVersions(context.Background(), &s3.ListObjectVersionsInput{Bucket: aws.String("acme-terraform-state"), Prefix: aws.String(key)})
		w.must(err)
		for _, v := range list.Versions {
			w.eraseVersion(key, v.Key, v.VersionId)
		}
		for _, m := range list.DeleteMarkers {
			w.eraseVersion(key, m.Key, m.VersionId)
		}
	}
}

// eraseVersion deletes a version for good if it is one of key: others begin with the
// same letters.
func (w *world) eraseVersion(key string, of, id *string) {
	w.t.Helper()
	if *of != key {
		return
	}
	_, err := w.hands("").s3.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: aws.String("acme-terraform-state"), Key: of, VersionId: id})
	w.must(err)
}

// holds fails the test unless the object is exactly this text, with its digest,
// encrypted, and nothing is locked.
func (w *world) holds(lock blueprint.Lock, key, text string) {
	w.t.Helper()
	object, there := w.server.Object("acme-terraform-state", key)
	if !there || string(object.Body) != text || object.KMSKeyARN == "" {
		w.t.Errorf("%s holds %q (%v), encrypted with %q", key, object.Body, there, object.KMSKeyARN)
	}
	if _, held := w.server.Object("acme-terraform-state", key+".tflock"); held {
		w.t.Errorf("%s is still locked by a file", key)
	}
	if lock.DynamoDBTable == "" {
		return
	}
	id := "acme-terraform-state/" + key
	if item, held := w.server.DynamoItem("111111111111", "eu-west-1", lock.DynamoDBTable, id); held {
		w.t.Errorf("%s is still locked: %v", key, item)
	}
	sum := md5.Sum([]byte(text))
	if item, _ := w.server.DynamoItem("111111111111", "eu-west-1", lock.DynamoDBTable, id+"-md5"); item["Digest"] != hex.EncodeToString(sum[:]) {
		w.t.Errorf("the digest of %s is %v", key, item)
	}
}

func theLocks() map[string]blueprint.Lock {
	return map[string]blueprint.Lock{
		"both": {UseLockfile: true, DynamoDBTable: blueprint.DefaultLockTable}, "lock file": {UseLockfile: true}, "table": {DynamoDBTable: blueprint.DefaultLockTable},
	}
}

// isStateWrite tells the writes of a move.
func isStateWrite(e sandbox.Entry) bool { return e.Mutating && isProbe(e) }

// isAt tells a request for an object of that key.
func isAt(e sandbox.Entry, key string) bool {
	in, _ := e.Input.(map[string]any)
	return strings.HasSuffix(fmt.Sprint(in["Path"]), "/acme-terraform-state/"+key)
}

// TestAMoveThatIsCutOffAtAnyWriteIsFinishedByTheNext ends a run before each of
// its writes, so that nothing at all can be tidied up, and lets another finish.
func TestAMoveThatIsCutOffAtAnyWriteIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	w := finished(t)
	for name, lock := range theLocks() {
		t.Run(name, func(t *testing.T) {
			states := map[string]string{"default": stateText("l-1", 3), "blue": stateText("l-2", 7)}
			backup := w.backup("backup-"+name, states)
			for cut := 0; ; cut++ {
				id := fmt.Sprint("lock-", cut)
				first, cancel := context.WithCancel(t.Context())
				reached, gone, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
				var mu sync.Mutex
				writes := 0
				w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
					mu.Lock()
					if isStateWrite(e) {
						writes++
					}
					cutNow := isStateWrite(e) && writes == cut+1
					mu.Unlock()
					if !cutNow {
						return sandbox.Fault{}
					}
					close(reached)
					<-gone
					return sandbox.Fault{DropRequest: true}
				})
				frozen := w.mover(lock, id, backup)
				go func() { ended <- frozen.Run(first) }()
				finished := false
				select {
				case <-reached:
				case err := <-ended:
					w.must(err)
					finished = true
				}
				if finished {
					cancel()
					if w.server.Intercept(nil); cut < 2*len(states) {
						t.Errorf("only %d writes", cut)
					}
					break
				}
				w.must(w.mover(lock, id, backup).Run(t.Context()))
				w.holds(lock, movedKey, states["default"])
				w.holds(lock, "env:/blue/"+movedKey, states["blue"])
				cancel()
				close(gone)
				<-ended // what it still does must harm nothing
				w.holds(lock, movedKey, states["default"])
				w.server.Intercept(nil)
				w.erase(movedKey, "env:/blue/"+movedKey)
			}
			w.erase(movedKey, "env:/blue/"+movedKey)
		})
	}
}

// TestAMoveOverwritesNothing has something in the new place, or takes it while the
// move is on its way.
func TestAMoveOverwritesNothing(t *testing.T) {
	t.Parallel()
	w := finished(t)
	lock := theLocks()["both"]
	theirs, info := stateText("l-9", 1), `{"ID":"theirs","Operation":"OperationTypeApply","Who":"bob@desk","Created":"2026-01-02T03:04:05Z"}`
	id := "acme-terraform-state/" + movedKey
	for name, c := range map[string]struct {
		arrange func()
		key     string // where theirs must still be
		says    string
	}{
		"a state at the key":            {func() { w.put(movedKey, theirs) }, movedKey, "did not come from here"},
		"a state of the same workspace": {func() { w.put("env:/dev/"+movedKey, theirs) }, "env:/dev/" + movedKey, "env:/dev/common/production"},
		"a state of another workspace":  {func() { w.put("env:/qa/"+movedKey, theirs) }, "env:/qa/" + movedKey, "env:/qa/common/production"},
		"a later state of the same one": {func() { w.put(movedKey, stateText("l-1", 4)) }, "", "did not come from here"},
		"what is not a state":           {func() { w.put(movedKey, "hello") }, "", "did not come from here"},
		"a lock file":                   {func() { w.put(movedKey+".tflock", info) }, "", `locked by bob@desk since 03:04 UTC on 2 January 2026 (operation "OperationTypeApply", lock theirs)`},
		"a lock of the workspace":       {func() { w.put("env:/dev/"+movedKey+".tflock", info) }, "", "locked by bob@desk"},
		"a lock in the table":           {func() { w.lockItem(id, info) }, "", "locked by bob@desk"},
		"a state that appears under a lock": {func() {
			var taken atomic.Bool // their own write meets the hook, too
			w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
				if e.Operation == "PutObject" && isAt(e, movedKey) && taken.CompareAndSwap(false, true) {
					w.put(movedKey, theirs)
				}
				return sandbox.Fault{}
			})
		}, movedKey, "PreconditionFailed"},
	} {
		t.Run(name, func(t *testing.T) {
			c.arrange()
			before := w.versionsOf(movedKey, "env:/dev/"+movedKey, "env:/qa/"+movedKey)
			backup := w.backup("backup", map[string]string{"default": stateText("l-1", 3), "dev": stateText("l-2", 3)})
			err := w.mover(lock, "ours", backup).Run(t.Context())
			w.server.Intercept(nil)
			if err == nil {
				t.Fatal("the move was made")
			}
			says(t, err.Error(), c.says)
			if name != "a state that appears under a lock" && w.versionsOf(movedKey, "env:/dev/"+movedKey, "env:/qa/"+movedKey) != before {
				t.Error("something was written")
			}
			if c.key != "" {
				if object, _ := w.server.Object("acme-terraform-state", c.key); string(object.Body) != theirs {
					t.Errorf("%s now holds %q", c.key, object.Body)
				}
			}
			if text := w.lockOf(movedKey); strings.Contains(text, "ours") {
				t.Errorf("our lock was left behind: %s", text)
			}
			w.erase(movedKey, movedKey+".tflock", "env:/dev/"+movedKey, "env:/dev/"+movedKey+".tflock", "env:/qa/"+movedKey)
			w.unlockItem(id)
		})
	}
}

// TestOnlyACopyOfOursIsReplacedByItsSuccessor moves, and then the old place is
// written once more: what lies in the new one is the copy of before.
func TestOnlyACopyOfOursIsReplacedByItsSuccessor(t *testing.T) {
	t.Parallel()
	w := finished(t)
	lock := theLocks()["both"]
	first := w.backup("first", map[string]string{"default": stateText("l-1", 3)})
	w.must(w.mover(lock, "one", first).Run(t.Context()))
	for name, text := range map[string]string{"another lineage": stateText("l-2", 4), "an older one": stateText("l-1", 2)} {
		other := w.backup(name, map[string]string{"default": text})
		if err := w.mover(lock, "two", other, first).Run(t.Context()); err == nil {
			t.Errorf("%s took the place of what was moved", name)
		}
	}
	second := w.backup("second", map[string]string{"default": stateText("l-1", 4)})
	if err := w.mover(lock, "three", second).Run(t.Context()); err == nil {
		t.Error("a state that no earlier move is known to have brought was replaced")
	}
	w.holds(lock, movedKey, stateText("l-1", 3))
	w.must(w.mover(lock, "four", second, first).Run(t.Context()))
	w.holds(lock, movedKey, stateText("l-1", 4))
}

// TestWhoeverMeetsAMoveIsToldWhoseItIs reads the locks while the state is written,
// as Terraform does.
func TestWhoeverMeetsAMoveIsToldWhoseItIs(t *testing.T) {
	t.Parallel()
	w := finished(t)
	lock := theLocks()["both"]
	var file, item string
	w.server.Intercept(func(e sandbox.Entry) sandbox.Fault {
		if e.Operation == "PutObject" && isAt(e, movedKey) {
			file = w.lockOf(movedKey)
			found, _ := w.server.DynamoItem("111111111111", "eu-west-1", blueprint.DefaultLockTable, "acme-terraform-state/"+movedKey)
			item = found["Info"]
		}
		return sandbox.Fault{}
	})
	w.must(w.mover(lock, "our-id", w.backup("b", map[string]string{"default": stateText("l-1", 3)})).Run(t.Context()))
	for _, text := range []string{file, item} {
		var info map[string]any
		if err := json.Unmarshal([]byte(text), &info); err != nil {
			t.Fatalf("the lock %q: %v", text, err)
		}
		if info["ID"] != "our-id" || !strings.Contains(fmt.Sprint(info["Operation"]), "stateroom") || !strings.Contains(fmt.Sprint(info["Who"]), "@") || info["Path"] != "acme-terraform-state/"+movedKey {
			t.Errorf("the lock says %v", info)
		}
	}
}

// versionsOf tells how often each of these objects was written.
func (w *world) versionsOf(keys ...string) string {
	var text []string
	for _, key := range keys {
		object, _ := w.server.Object("acme-terraform-state", key)
		text = append(text, fmt.Sprint(object.Versions))
	}
	return strings.Join(text, " ")
}

func (w *world) lockOf(key string) string {
	object, _ := w.server.Object("acme-terraform-state", key+".tflock")
	return string(object.Body)
}

func (w *world) lockItem(id, info string) {
	w.t.Helper()
	_, err := w.server.Act("111111111111", "dynamodb", "PutItem", sandbox.ActInput{
		"TableName": blueprint.DefaultLockTable, "Item": map[string]any{"LockID": map[string]any{"S": id}, "Info": map[string]any{"S": info}},
	})
	w.must(err)
}

func (w *world) unlockItem(id string) {
	w.t.Helper()
	_, err := w.server.Act("111111111111", "dynamodb", "DeleteItem", sandbox.ActInput{
		"TableName": blueprint.DefaultLockTable, "Key": map[string]any{"LockID": map[string]any{"S": id}},
	})
	w.must(err)
}
