package dev.halfrate.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** A program of somebody who asks or wants to know, in whatever language. */
interface PairClient {
    /** How values are written. */
    enum Form {
        JSON,
        AVRO
    }

    /** @param body a JSON object, which nobody may change */
    record Asked(String customId, String url, String body) {}

    void write(Form form, List<Asked> requests) throws Exception;

    /**
     * Waits for them in the request topic.
     *
     * @return of each its fields if it is Avro, or else what it is, as the field {@code json}
     */
    List<JsonNode> requests(List<Asked> requests) throws Exception;

    /**
     * Waits for the results.
     *
     * @return of each the custom_id, the status and the answer's text, with tabs between them
     */
    List<String> results(List<Asked> requests) throws Exception;
}
