package moka.template;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moka.testing.SharedData;

/** The reference data's JSON as the values that templates take. */
public final class ReferenceData {
    /** The clock of all reference outputs. */
    public static final TemplateOptions OPTIONS = TemplateOptions.DEFAULT.withNow(() -> LocalDateTime.of(2026, 1, 15, 12, 34, 56));

    private ReferenceData() {}

    /** The lines of a JSONL file. */
    public static List<Map<String, Object>> lines(Path path) {
        return SharedData.objects(path).stream().map(ReferenceData::map).toList();
    }

    static Map<String, Object> map(JsonObject object) {
        var map = new LinkedHashMap<String, Object>();
        object.entrySet().forEach(entry -> map.put(entry.getKey(), value(entry.getValue())));
        return map;
    }

    static Object value(JsonElement element) {
        if (element.isJsonNull()) {
            return Message.TemplateValues.NONE;
        }
        if (element.isJsonObject()) {
            return map(element.getAsJsonObject());
        }
        if (element.isJsonArray()) {
            var list = new ArrayList<>();
            element.getAsJsonArray().forEach(one -> list.add(value(one)));
            return list;
        }
        JsonPrimitive primitive = element.getAsJsonPrimitive();
        if (primitive.isBoolean()) {
            return primitive.getAsBoolean();
        }
        return primitive.isString() ? primitive.getAsString() : number(primitive.getAsString());
    }

    private static Object number(String digits) {
        boolean real = digits.chars().anyMatch(one -> one == '.' || one == 'e' || one == 'E');
        if (real) {
            return Double.valueOf(digits);
        }
        BigInteger whole = new BigInteger(digits);
        return whole.bitLength() < 64 ? (Object) whole.longValue() : whole;
    }
}
