package dev.halfrate.processor.provider.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.halfrate.processor.provider.http.SentOnceBody.Sent;
import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;

class SentOnceBodyTest {
    private final SentOnceBody body = new SentOnceBody("{\"a\":1}".getBytes(UTF_8), () -> false);

    @Test
    void aClientThatWantsToSendAgainGetsNothing() {
        var publisher = body.publisher();

        assertThat(taken(publisher, Long.MAX_VALUE)).isEqualTo("{\"a\":1}");
        assertThat(taken(publisher, Long.MAX_VALUE)).isEmpty();
        assertThat(body.shut()).isEqualTo(Sent.ALL);
    }

    @Test
    void aClientThatWantsToSendAgainMidwayGetsNothing() {
        var publisher = body.publisher();

        assertThat(taken(publisher, 1)).isEqualTo("{\"a\":");
        assertThat(taken(publisher, Long.MAX_VALUE)).isEmpty();
        assertThat(body.shut()).isEqualTo(Sent.PART);
    }

    @Test
    void theLastByteComesAlone() {
        assertThat(taken(body.publisher(), 2)).isEqualTo("{\"a\":1");
        assertThat(body.shut()).isEqualTo(Sent.PART);
    }

    @Test
    void nothingLeavesOnceTheCallerHasGivenUp() {
        assertThat(body.shut()).isEqualTo(Sent.NOTHING);
        assertThat(taken(body.publisher(), Long.MAX_VALUE)).isEmpty();
        assertThat(body.shut()).isEqualTo(Sent.NOTHING);
    }

    /** Asks for so many buffers and returns what came. */
    private static String taken(BodyPublisher publisher, long buffers) {
        var text = new StringBuilder();
        var subscribed = new CompletableFuture<Flow.Subscription>();
        publisher.subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscribed.complete(subscription);
            }

            @Override
            public void onNext(ByteBuffer buffer) {
                text.append(UTF_8.decode(buffer));
            }

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onComplete() {}
        });
        subscribed.join().request(buffers);
        return text.toString();
    }
}
