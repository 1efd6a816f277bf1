import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;

/**
 * A search by words through the gateway, with the HTTP client of Java 17.
 *
 * <p>{@code java -cp CLASSPATH GatewaySearch.java URL QUERY}. The environment variable {@code VITRINE_API_KEY} has the API
 * key, if the gateway wants one.
 */
public final class GatewaySearch {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] arguments) throws Exception {
    byte[] body = JSON.writeValueAsBytes(Map.of("query", arguments[1], "k", 5));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(arguments[0] + "/predict"))
            .timeout(Duration.ofSeconds(15))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    String key = System.getenv("VITRINE_API_KEY");
    if (key != null) {
      request.header("X-API-Key", key);
    }
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    JsonNode answer = JSON.readTree(response.body());
    if (response.statusCode() != 200) {
      System.err.println(response.statusCode() + " " + answer.path("error").asText(response.body()));
      System.exit(1);
    }
    for (JsonNode result : answer.get("results")) {
      System.out.printf(
          "%d %s %s %.3f%n",
          result.get("rank").asInt(),
          result.get("product_id").asText(),
          result.get("label").asText(),
          result.get("score").asDouble());
    }
  }
}
