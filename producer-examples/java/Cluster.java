import java.net.URI;

/** Where everything is: by default what ./halfrate local starts. */
final class Cluster {
    static final String BOOTSTRAP_SERVERS = setting("BOOTSTRAP_SERVERS", "127.0.0.1:19092");
    static final URI SCHEMA_REGISTRY = URI.create(setting("SCHEMA_REGISTRY_URL", "http://127.0.0.1:18081"));
    static final String REQUESTS = setting("REQUESTS_TOPIC", "llm.requests");
    static final String RESULTS = setting("RESULTS_TOPIC", "llm.results");

    private Cluster() {}

    private static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }
}
