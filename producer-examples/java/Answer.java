import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.apache.avro.generic.GenericRecord;

/**
 * What a result says, in whichever form the operator chose (formats.results).
 *
 * @param text the answer of a chat completion, or what went wrong
 */
record Answer(String customId, String status, String text) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Answer of(byte[] value, ConfluentAvro avro) throws IOException {
        if (ConfluentAvro.isAvro(value)) {
            var result = avro.read(value);
            // In Avro the vendor's JSON is a text.
            var response = result.get("response");
            var error = (GenericRecord) result.get("error");
            return new Answer(
                    result.get("custom_id").toString(),
                    result.get("status").toString(),
                    error == null ? text(JSON.readTree(String.valueOf(response))) : error.get("message").toString());
        }
        var result = JSON.readTree(value);
        var error = result.path("error");
        return new Answer(
                result.get("custom_id").textValue(),
                result.get("status").textValue(),
                error.isObject() ? error.get("message").textValue() : text(result.path("response")));
    }

    private static String text(JsonNode response) {
        var content = response.at("/choices/0/message/content");
        return content.isTextual() ? content.textValue() : response.toString();
    }

    /** On one line. */
    @Override
    public String toString() {
        return String.join("\t", customId, status, text.replaceAll("\\s+", " "));
    }
}
