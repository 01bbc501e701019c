package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// api is the server's HTTP side.
type api struct {
	base, key string
	client    *http.Client
}

// conference is as much as the story wants to know of one.
type conference struct {
	ID           string `json:"id"`
	Participants []struct {
		Role   string `json:"role"`
		Agent  string `json:"agent"`
		Status string `json:"status"`
	} `json:"participants"`
}

// status of a person: "" for one who is not in the conference. A customer has
// no agent's id.
func (c conference) status(id string) string {
	status := ""
	for _, p := range c.Participants {
		if p.Agent == id || id == customer && p.Role == "customer" {
			status = p.Status // the last leg counts
		}
	}
	return status
}

// current is the one conference there is; without an id when there is none yet.
func (a api) current(ctx context.Context) (conference, error) {
	var list struct{ Items []conference }
	if err := a.do(ctx, http.MethodGet, "/conferences", nil, &list); err != nil || len(list.Items) == 0 {
		return conference{}, err
	}
	return list.Items[0], nil
}

// verb has an agent do something with a conference.
func (a api) verb(ctx context.Context, conf, verb, by string) error {
	return a.do(ctx, http.MethodPost, "/conferences/"+conf+"/"+verb, map[string]string{"by": by}, nil)
}

func (a api) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+"/api/v1"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+a.key)
	req.Header.Set("Content-Type", "application/json")
	res, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, bytes.TrimSpace(text))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}
