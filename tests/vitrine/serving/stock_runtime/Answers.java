import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Tensor;
import org.tensorflow.TensorFlow;
import org.tensorflow.internal.types.registry.TensorTypeRegistry;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TType;

/**
 * The answers of SavedModels in TensorFlow's own C++ runtime.
 *
 * <p>{@code java -cp CLASSPATH Answers.java ROOT LIBRARY...} loads op libraries and writes {@code ROOT/version} and {@code
 * ROOT/ops.pb}, the registered operations. For each {@code ROOT/CASE/model}, a file with the directory of a SavedModel, {@code
 * ROOT/CASE/session_config}, a serialized ConfigProto, and {@code ROOT/CASE/SIGNATURE/in/INPUT}, serialized TensorProtos, it
 * writes the outputs as {@code ROOT/CASE/SIGNATURE/out/OUTPUT}, or the exception as the file {@code error} of the folder
 * concerned.
 */
public final class Answers {
  private static final Ops EAGER = Ops.create();

  public static void main(String[] arguments) throws Exception {
    Path root = Path.of(arguments[0]);
    for (int index = 1; index < arguments.length; index++) {
      TensorFlow.loadLibrary(arguments[index]);
    }
    Files.write(root.resolve("ops.pb"), TensorFlow.registeredOpList().toByteArray());
    Files.writeString(root.resolve("version"), TensorFlow.version());
    try (DirectoryStream<Path> cases = Files.newDirectoryStream(root, Files::isDirectory)) {
      for (Path folder : cases) {
        try {
          ask(folder);
        } catch (RuntimeException error) {
          Files.writeString(folder.resolve("error"), error.toString());
        }
      }
    }
  }

  private static void ask(Path folder) throws Exception {
    ConfigProto options = ConfigProto.parseFrom(Files.readAllBytes(folder.resolve("session_config")));
    String directory = Files.readString(folder.resolve("model"));
    try (SavedModelBundle model = SavedModelBundle.loader(directory).withTags("serve").withConfigProto(options).load();
        DirectoryStream<Path> requests = Files.newDirectoryStream(folder, Files::isDirectory)) {
      for (Path request : requests) {
        try {
          answer(model, request);
        } catch (RuntimeException error) {
          Files.writeString(request.resolve("error"), error.toString());
        }
      }
    }
  }

  private static void answer(SavedModelBundle model, Path request) throws Exception {
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(request.resolve("in"))) {
      for (Path file : files) {
        inputs.put(file.getFileName().toString(), parse(Files.readAllBytes(file)));
      }
    }
    try (var outputs = model.function(request.getFileName().toString()).call(inputs)) {
      Files.createDirectories(request.resolve("out"));
      for (Map.Entry<String, Tensor> output : outputs) {
        Files.write(request.resolve("out").resolve(output.getKey()), serialize((TType) output.getValue()));
      }
    }
  }

  private static TType parse(byte[] serialized) throws Exception {
    Class<? extends TType> type = TensorTypeRegistry.find(TensorProto.parseFrom(serialized).getDtype()).type();
    TString bytes = TString.tensorOfBytes(NdArrays.scalarOfObject(serialized));
    return EAGER.io.parseTensor(EAGER.constantOf(bytes), type).output().asTensor();
  }

  private static byte[] serialize(TType tensor) {
    return EAGER.io.serializeTensor(EAGER.constantOf(tensor)).serialized().asTensor().asBytes().getObject();
  }
}
