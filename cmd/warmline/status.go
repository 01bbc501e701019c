package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// statusCmd shows what a running server does.
type statusCmd struct {
	URL string `default:"http://127.0.0.1:8080" env:"WARMLINE_URL" placeholder:"URL" help:"Where the server's API is."`
	Key string `env:"WARMLINE_KEY" placeholder:"KEY" help:"Key of the API. Rather set WARMLINE_KEY: arguments can be seen by others."`
}

// statusTimeout bounds the whole command.
const statusTimeout = 10 * time.Second

// Run asks the server and prints three tables.
func (c *statusCmd) Run(s *streams) error {
	base, err := url.Parse(c.URL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return fmt.Errorf("--url %s: write http://ADDRESS:PORT", c.URL)
	}
	ctx, cancel := context.WithTimeout(context.Background(), statusTimeout)
	defer cancel()
	api := apiClient{base: base.JoinPath("api", "v1"), key: c.Key}
	conferences, err := fetch[conferenceRow](ctx, api, "conferences")
	if err != nil {
		return err
	}
	agents, err := fetch[agentRow](ctx, api, "agents")
	if err != nil {
		return err
	}
	queues, err := fetch[queueRow](ctx, api, "queues")
	if err != nil {
		return err
	}
	now := time.Now()
	printConferences(s.out, conferences, now)
	printAgents(s.out, agents, now)
	printQueues(s.out, queues)
	return nil
}

// apiClient asks a server's HTTP API.
type apiClient struct {
	base *url.URL
	key  string
}

// maxAnswer bounds what one page may hold.
const maxAnswer = 64 << 20

// maxPages bounds a list, so that a cursor that leads in a circle ends.
const maxPages = 1000

// fetch reads a list to its end, page by page.
func fetch[T any](ctx context.Context, api apiClient, name string) ([]T, error) {
	var all []T
	cursor := ""
	for range maxPages {
		var page struct {
			Items []T    `json:"items"`
			Next  string `json:"next"`
		}
		if err := api.get(ctx, name, cursor, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			break
		}
		cursor = page.Next
	}
	return all, nil
}

func (c apiClient) get(ctx context.Context, name, cursor string, into any) error {
	u := c.base.JoinPath(name)
	if cursor != "" {
		u.RawQuery = url.Values{"cursor": {cursor}}.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("is the server running? %w", err)
	}
	defer resp.Body.Close()
	body := io.LimitReader(resp.Body, maxAnswer)
	if resp.StatusCode != http.StatusOK {
		return refusal(u, resp.StatusCode, body)
	}
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("%s: this is no answer of a warmline server: %w", u, err)
	}
	return nil
}

// refusal says what a problem document does, and what to do about the common one.
func refusal(u *url.URL, status int, body io.Reader) error {
	if status == http.StatusUnauthorized {
		return fmt.Errorf("%s: no or unknown key; give it with --key or WARMLINE_KEY", u)
	}
	var problem struct{ Title, Detail string }
	_ = json.NewDecoder(body).Decode(&problem) // another server's page: the status will do
	return fmt.Errorf("%s: %s", u, plain(strings.TrimSpace(fmt.Sprint(status, " ", problem.Title, " ", problem.Detail))))
}
