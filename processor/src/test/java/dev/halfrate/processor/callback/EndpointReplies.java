package dev.halfrate.processor.callback;

import dev.halfrate.processor.config.CallbackUrls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import javax.net.ssl.SSLSocketFactory;

/** What is made of bytes that an endpoint answers with. */
public final class EndpointReplies implements AutoCloseable {
    private final Post post = new Post(
            CallbackUrls.of("http://localhost:1/hook"),
            Duration.ofSeconds(1),
            true,
            InetAddress::getAllByName,
            (SSLSocketFactory) SSLSocketFactory.getDefault(),
            InstantSource.fixed(Instant.parse("2026-11-21T20:00:00Z")));

    /** @throws IOException if they are no answer */
    public String read(byte[] answer) throws IOException {
        return post.reply(new ByteArrayInputStream(answer)).toString();
    }

    @Override
    public void close() {
        post.close();
    }
}
