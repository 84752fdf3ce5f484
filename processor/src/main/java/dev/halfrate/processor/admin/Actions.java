package dev.halfrate.processor.admin;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.halfrate.processor.ops.Commands;
import dev.halfrate.processor.ops.Commands.Lanes;
import dev.halfrate.processor.ops.Commands.Resolution;
import dev.halfrate.processor.ops.Commands.Wish;
import java.io.IOException;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/** What operators can have done; owners do it, in whatever process they are, and the state shows what came of it. */
final class Actions {
    private static final int ACCEPTED = 202;
    private static final String COMMAND_ID = "[A-Za-z0-9._-]{1,100}";

    private static final ObjectMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** One of both. */
    record WhichLanes(@Nullable String account, @Nullable String lane) {}

    /**
     * @param resolution look, found or again
     * @param attempt number of the batch's last attempt, as it is seen now
     * @param remoteBatchId with found
     */
    record HoldResolution(
            @Nullable String resolution,
            @Nullable Integer attempt,
            @Nullable String remoteBatchId) {}

    /** @param commandId as on the audit topic */
    record Accepted(String commandId) {}

    /** What a lane is wished. */
    @FunctionalInterface
    interface LaneWish {
        void send(Commands commands, Wish wish, Lanes lanes);
    }

    private final Commands commands;

    Actions(Commands commands) {
        this.commands = commands;
    }

    Answer lanes(Call call, LaneWish wished) {
        var which = read(call, WhichLanes.class);
        if ((which.account == null) == (which.lane == null)) {
            throw ProblemException.badRequest("the body must have account or lane, a name");
        }
        return accepted(
                call,
                wish -> wished.send(
                        commands, wish, which.lane == null ? Lanes.of(name(which.account)) : Lanes.named(which.lane)));
    }

    Answer cancelBatch(Call call) {
        return accepted(call, wish -> commands.cancelBatch(wish, call.variable("id")));
    }

    Answer cancelRequest(Call call) {
        return accepted(call, wish -> commands.cancelRequest(wish, call.variable("custom_id")));
    }

    Answer resolve(Call call) {
        var how = read(call, HoldResolution.class);
        var resolution = resolution(name(how.resolution));
        if (how.attempt == null || how.attempt < 1) {
            throw ProblemException.badRequest(
                    "attempt must be the number of the batch's last attempt, as /api/batches/{id} has it");
        }
        if ((resolution == Resolution.FOUND) != (how.remoteBatchId != null && !how.remoteBatchId.isBlank())) {
            throw ProblemException.badRequest("remote_batch_id goes with found, and only with that");
        }
        return accepted(
                call,
                wish -> commands.resolve(wish, call.variable("id"), how.attempt, resolution, name(how.remoteBatchId)));
    }

    private static Resolution resolution(String word) {
        return switch (word) {
            case "look" -> Resolution.LOOK;
            case "found" -> Resolution.FOUND;
            case "again" -> Resolution.AGAIN;
            default -> throw ProblemException.badRequest("resolution must be one of: look, found, again");
        };
    }

    private static String name(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** What is to be done in somebody's name. */
    @FunctionalInterface
    private interface Doing {
        void by(Wish wish);
    }

    private static Answer accepted(Call call, Doing doing) {
        var key = call.idempotencyKey();
        if (!key.isEmpty() && !key.matches(COMMAND_ID)) {
            throw ProblemException.badRequest(
                    "header Idempotency-Key must be 1..100 letters, digits, '.', '_' and '-'");
        }
        var wish = key.isEmpty()
                ? Wish.of(call.caller().name())
                : new Wish(call.caller().name(), key);
        try {
            doing.by(wish);
        } catch (Commands.IdTakenException e) {
            throw new ProblemException(HttpStatus.CONFLICT_409, String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException e) {
            throw ProblemException.badRequest(String.valueOf(e.getMessage()));
        }
        return new Answer.Json(ACCEPTED, new Accepted(wish.id()));
    }

    private static <T> T read(Call call, Class<T> type) {
        try {
            var body = JSON.readValue(call.body(), type);
            if (body == null) {
                throw ProblemException.badRequest("the body must be a JSON object");
            }
            return body;
        } catch (JacksonException e) {
            throw ProblemException.badRequest(
                    "the body must be one JSON object of the fields that %s names for it".formatted(OpenApi.PATH));
        } catch (IOException e) {
            throw ProblemException.badRequest("the body cannot be read");
        }
    }
}
