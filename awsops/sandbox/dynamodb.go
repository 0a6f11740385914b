package sandbox

// dynamodbState is every table of every account and region.
type dynamodbState struct{}

func newDynamoDBState() dynamodbState { return dynamodbState{} }

// tagged lists the tables of an account and region with their tags.
func (d *dynamodbState) tagged(*account, string) []taggedResource { return nil }

func (s *Server) serveDynamoDB(r *request) response { return s.serveJSON(r, nil) }
