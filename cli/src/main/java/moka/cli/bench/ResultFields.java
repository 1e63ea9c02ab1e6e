package moka.cli.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** A result as named values, under the names of llama-bench where it has one: for csv, json and sql. */
final class ResultFields {
    private ResultFields() {}

    /** Values are String, Long or Double. */
    static Map<String, Object> of(BenchResult result, String version) {
        BenchSettings settings = result.settings();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("build_commit", "moka " + version);
        fields.put("build_number", 0L);
        fields.put("cpu_info", MachineLimits.processor());
        fields.put("backends", "CPU");
        fields.put("kernels", result.kernels());
        fields.put("java", Runtime.version().toString());
        fields.put("model_filename", result.model().fileName());
        fields.put("model_type", result.model().type());
        fields.put("model_size", result.model().bytes());
        fields.put("model_n_params", result.model().parameters());
        fields.put("n_batch", (long) settings.batch());
        fields.put("n_ubatch", (long) settings.microBatch());
        fields.put("n_threads", (long) settings.threads());
        fields.put("type_k", settings.cacheTypeKeys());
        fields.put("type_v", settings.cacheTypeValues());
        fields.put("n_prompt", (long) result.test().promptTokens());
        fields.put("n_gen", (long) result.test().generatedTokens());
        fields.put("n_depth", (long) result.test().depth());
        fields.put("test_time", result.testTime());
        fields.put("avg_ns", Math.round(result.meanNanos()));
        fields.put("stddev_ns", Math.round(result.nanosDeviation()));
        fields.put("avg_ts", result.meanRate());
        fields.put("stddev_ts", result.rateDeviation());
        return fields;
    }
}
