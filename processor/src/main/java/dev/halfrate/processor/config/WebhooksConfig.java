package dev.halfrate.processor.config;

/**
 * Where vendors may tell that batches have ended.
 *
 * @param host an address of this machine
 * @param port 0 for nowhere
 */
public record WebhooksConfig(String host, int port) {
    public static final WebhooksConfig NONE = new WebhooksConfig("127.0.0.1", 0);

    public WebhooksConfig {
        Check.matches("webhooks.host", host, "[A-Za-z0-9.:_-]{1,253}");
        Check.range("webhooks.port", port, 0, 65_535);
    }
}
