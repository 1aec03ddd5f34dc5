package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Table is the form of one table. All are billed on demand and all key
// attributes are text.
type Table struct {
	Name    string  `json:"name"` // as AWS.md, template.yaml and this package call it
	Hash    string  `json:"hash"`
	Sort    string  `json:"sort,omitempty"`
	Indexes []Index `json:"indexes,omitempty"`
	TTL     string  `json:"ttl,omitempty"`  // attribute, a number of seconds since 1970
	PITR    bool    `json:"pitr,omitempty"` // can be restored to any second of 35 days
}

// Index is a global secondary index that holds keys only.
type Index struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
	Sort string `json:"sort"`
}

// Schema is the form of the three tables: what template.yaml has to declare.
func Schema() []Table {
	return []Table{
		{Name: "journeys", Hash: attrPK, Sort: attrSK, PITR: true, Indexes: []Index{
			{indexDue, attrDueHash, attrDueSort},
			{indexList, attrLstHash, attrLstSort},
			{indexContact, attrConHash, attrConSort},
		}},
		{Name: "contacts", Hash: attrPK, Sort: attrSK, PITR: true},
		{Name: "inbox", Hash: attrPK, TTL: attrTTL},
	}
}

// Creator makes tables; [dynamodb.Client] is one.
type Creator interface {
	CreateTable(ctx context.Context, in *dynamodb.CreateTableInput, opts ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
}

// CreateTables makes the tables of [Schema] under the names of t: for tests and
// for servers without CloudFormation. Tables that exist are left as they are. It
// does not wait until they are active, and sets neither TTL nor PITR.
func CreateTables(ctx context.Context, api Creator, t Tables) error {
	names := []string{t.Journeys, t.Contacts, t.Inbox}
	for i, form := range Schema() {
		_, err := api.CreateTable(ctx, form.input(names[i]))
		if _, exists := errors.AsType[*types.ResourceInUseException](err); err != nil && !exists {
			return fmt.Errorf("create table %s: %w", names[i], err)
		}
	}
	return nil
}

func (t *Table) input(name string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	seen := map[string]bool{}
	keys := func(hash, sort string) (out []types.KeySchemaElement) {
		for _, k := range []struct {
			name string
			kind types.KeyType
		}{{hash, types.KeyTypeHash}, {sort, types.KeyTypeRange}} {
			if k.name == "" {
				continue
			}
			out = append(out, types.KeySchemaElement{AttributeName: new(k.name), KeyType: k.kind})
			if !seen[k.name] {
				seen[k.name] = true
				in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
					AttributeName: new(k.name), AttributeType: types.ScalarAttributeTypeS,
				})
			}
		}
		return out
	}
	in.KeySchema = keys(t.Hash, t.Sort)
	for _, ix := range t.Indexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: new(ix.Name), KeySchema: keys(ix.Hash, ix.Sort),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		})
	}
	return in
}
