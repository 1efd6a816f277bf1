// Searches with Go's client: concurrently over kept connections, with a body of unknown length, and after a pause.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

func search(url string, body io.Reader, expect bool) string {
	request, err := http.NewRequest("POST", url, body)
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	if expect {
		request.Header.Set("Expect", "100-continue")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", response.StatusCode, strings.ReplaceAll(string(answer), "\n", " "))
}

func main() {
	url, body := os.Args[1], os.Args[2]
	pause, err := time.ParseDuration(os.Args[3] + "s")
	if err != nil {
		panic(err)
	}
	for n := 0; n < 2; n++ {
		answers := make([]string, 6)
		var all sync.WaitGroup
		for i := range answers {
			all.Add(1)
			go func(i int) {
				defer all.Done()
				var sent io.Reader = strings.NewReader(body)
				if i%2 == 1 {
					sent = io.MultiReader(sent) // of unknown length: sent in chunks
				}
				answers[i] = search(url, sent, i%3 == 2)
			}(i)
		}
		all.Wait()
		fmt.Println(strings.Join(answers, "\n"))
		if n == 0 {
			time.Sleep(pause)
		}
	}
}
