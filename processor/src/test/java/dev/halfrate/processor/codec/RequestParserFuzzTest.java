package dev.halfrate.processor.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the parser, which skips nearly everything, against one that reads everything. */
class RequestParserFuzzTest {
    private static final int ROUNDS = 20_000;

    private static final ObjectMapper TREES = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private static final String[] SEEDS = {
        """
        {"custom_id": "a-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Janet’s ducks 🦆 \\u00e4"}], "max_tokens": 5, "stream": false}}""", """
        {"body":{"model":"m","x":[[],{},[1.5e-3,-0,true,null]],"max_output_tokens":1},"url":"/v1/responses","method":"POST","custom_id":"\\ud83e\\udd86\\n"}""", "[{\"custom_id\":\"a\"}]", """
        {"custom_id": "a-2", "params": {"model": "claude", "max_tokens": 5, "messages": [{"role": "user", "content": "ä"}]}}""",
    };

    /** Bytes that mean something to a JSON parser are worth more than others. */
    private static final byte[] TELLING = "{}[]\",:\\/ u0019-+.eEtfn\n\0\uFEFFäd🦆".getBytes(UTF_8);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whateverComesIsJudgedAndWhatIsTakenReadsTheSameElsewhere(long seed) {
        var random = new SplittableRandom(seed);
        var parser = new RequestParser();
        var taken = 0;
        for (var round = 0; round < ROUNDS; round++) {
            var value = mutate(random, SEEDS[random.nextInt(SEEDS.length)].getBytes(UTF_8));
            try {
                if (check(value, parser.parse(value))) {
                    taken++;
                }
            } catch (IOException | RuntimeException | AssertionError e) {
                throw new AssertionError("seed %d, round %d: %s".formatted(seed, round, new String(value, UTF_8)), e);
            }
        }
        // Otherwise the comparison above would prove nothing.
        assertThat(taken).as("requests taken, seed %d", seed).isGreaterThan(ROUNDS / 20);
    }

    private static boolean check(byte[] value, Parsed parsed) throws IOException {
        return switch (parsed) {
            case Parsed.Request request -> {
                var tree = TREES.readTree(value);
                assertThat(tree.path("custom_id").textValue()).isEqualTo(request.customId());
                var anthropic = !tree.has("body");
                assertThat(anthropic ? "/v1/messages" : tree.path("url").textValue())
                        .isEqualTo(request.url());
                var parameters = tree.path(anthropic ? "params" : "body");
                assertThat(parameters.path("model").textValue()).isEqualTo(request.model());
                var body = Arrays.copyOfRange(value, request.bodyOffset(), request.bodyOffset() + request.bodyBytes());
                assertThat(body).startsWith('{').endsWith('}');
                assertThat(TREES.readTree(body)).isEqualTo(parameters);
                yield true;
            }
            case Parsed.Rejected rejected -> {
                assertThat(TREES.readTree(value).path("custom_id").textValue()).isEqualTo(rejected.customId());
                yield false;
            }
            case Parsed.Unusable _ -> false;
        };
    }

    private static byte[] mutate(SplittableRandom random, byte[] value) {
        var mutated = value;
        for (var changes = random.nextInt(4); changes > 0; changes--) {
            mutated = switch (random.nextInt(4)) {
                case 0 -> replace(mutated, random.nextInt(mutated.length), 1, telling(random));
                case 1 -> replace(mutated, random.nextInt(mutated.length), 0, telling(random));
                case 2 -> replace(mutated, random.nextInt(mutated.length), 1);
                default -> replace(mutated, random.nextInt(mutated.length), 1, (byte) random.nextInt(256));
            };
        }
        return random.nextInt(20) == 0 ? Arrays.copyOf(mutated, random.nextInt(mutated.length)) : mutated;
    }

    private static byte telling(SplittableRandom random) {
        return TELLING[random.nextInt(TELLING.length)];
    }

    private static byte[] replace(byte[] value, int at, int removed, byte... added) {
        var replaced = new byte[value.length - removed + added.length];
        System.arraycopy(value, 0, replaced, 0, at);
        System.arraycopy(added, 0, replaced, at, added.length);
        System.arraycopy(value, at + removed, replaced, at + added.length, value.length - at - removed);
        return replaced;
    }
}
