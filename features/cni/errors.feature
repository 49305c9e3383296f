Feature: Errors of the CNI protocol
  A call with a flaw is refused with the code that belongs to it, as an error
  object, and changes nothing; the same call in order works.

  @req:CNI-8 @req:CNI-9
  Scenario Outline: ADD is refused when <flaw>
    Given a node "n1"
    And a sandbox "a" on "n1"
    When the runtime adds "a" but <flaw>
    Then it fails with code <code>, unlike the same call in order

    Examples: Variables
      | flaw                                | code |
      | CNI_CONTAINERID is missing          | 4    |
      | CNI_CONTAINERID is "../etc"         | 4    |
      | CNI_IFNAME is missing               | 4    |
      | CNI_IFNAME is "a/b"                 | 4    |
      | CNI_IFNAME is ".."                  | 4    |
      | CNI_IFNAME is "sixteen-letters-"    | 4    |
      | CNI_NETNS is missing                | 4    |
      | CNI_COMMAND is "FROB"               | 4    |

    Examples: Configuration
      | flaw                              | code   |
      | its key cniVersion is "9.9.9"     | 1      |
      | its key cniVersion is "0.3"       | 1 or 7 |
      | its key cniVersion is 1           | 6 or 7 |
      | its key name is ""                | 7      |
      | its key name is "a/b"             | 7      |

  @req:CNI-8 @req:CNI-9
  Scenario Outline: ADD is refused when its configuration is <what>
    Given a node "n1"
    And a sandbox "a" on "n1"
    When the runtime adds "a" but the configuration is «<text>»
    Then it fails with code <code>, unlike the same call in order

    Examples:
      | what              | text                       | code   |
      | nothing           |                            | 6      |
      | cut short         | {                          | 6      |
      | a list            | []                         | 6 or 7 |
      | null              | null                       | 6 or 7 |
      | nested too deep   | a list nested 100000 deep  | 6      |
      | endless blanks    | two mebibytes of blanks    | 6      |

  @req:CNI-8 @req:CNI-9
  Scenario: ADD into a namespace that is not there is refused
    Given a node "n1"
    And a sandbox "a" on "n1"
    When the runtime adds "a" but CNI_NETNS is "/run/netns/nowhere"
    Then it fails, unlike the same call in order

  @req:CNI-8 @req:CNI-9
  Scenario: ADD is refused when standard input cannot be read
    Given a node "n1"
    And a sandbox "a" on "n1"
    When the runtime adds "a" but standard input cannot be read
    Then it fails with code 5, unlike the same call in order

  @req:CNI-8 @cap:agent
  Scenario: ADD asks to be tried again while the agent is away
    Given a node "n1"
    And a pod "b" on "n1"
    And a sandbox "a" on "n1"
    When the agent of "n1" is stopped
    And the runtime adds "a"
    Then it fails with code 11, unlike "ADD b"
    When the agent of "n1" is started
    Then "n1" comes to serve "a"

  @req:CNI-9 @cap:shared-eni
  Scenario Outline: ADD is refused and told what is wrong when <flaw>
    Given a node "n1"
    And a sandbox "a" on "n1"
    When the runtime adds "a" but <flaw>
    Then it fails with code <code>, unlike the same call in order
    And its error names "<name>"

    Examples:
      | flaw                                     | code   | name              |
      | its key frobnicate is 1                  | 2      | frobnicate        |
      | its key mtu is "large"                   | 6 or 7 | mtu               |
      | CNI_ARGS is "K8S_POD_NAME"               | 4 or 7 | CNI_ARGS          |
      | CNI_ARGS is "IgnoreUnknown=1"            | 4 or 7 | K8S_POD_NAME      |
