# Flink with Beam's classes, and Beam's job server: task managers, job manager and job server of deploy/kubernetes/flink.
#
#   docker build -f deploy/images/flink.Dockerfile -t vitrine-flink deploy/flink
ARG FLINK_IMAGE=flink:1.19.3-scala_2.12-java17
ARG MAVEN_IMAGE=maven:3.9.11-eclipse-temurin-17

FROM ${MAVEN_IMAGE} AS jars
WORKDIR /build
COPY pom.xml .
RUN mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=/job-server
# Flink has its own classes, and its own log.
RUN mkdir /beam && cp /job-server/*.jar /beam/ && rm /beam/flink-*.jar /beam/slf4j-simple-*.jar

FROM ${FLINK_IMAGE} AS flink
COPY --from=jars /job-server /opt/job-server
COPY --from=jars /beam /opt/flink/lib
USER flink
