@cap:cni-status @cap:cni-1.1.0
Feature: STATUS
  The runtime asks whether ADDs can be served.

  @req:CNI-7
  Scenario: STATUS succeeds on a node that serves pods
    Given a node "n1"
    When the runtime asks for the plugin's status
    Then it succeeds
    Given a pod "a" on "n1"
    Then what ADD told of "a" is there, ready for use

  @req:CNI-7 @req:FLT-14 @cap:agent
  Scenario Outline: STATUS fails once the agent is <how>
    Given a node "n1"
    When the runtime asks for the plugin's status
    Then it succeeds
    When the agent of "n1" is <how>
    And the runtime asks for the plugin's status
    Then it fails with code 50 or 51, unlike "STATUS"

    Examples:
      | how     |
      | stopped |
      | killed  |

  @req:FLT-14 @cap:agent
  Scenario: STATUS fails while the agent cannot learn what the node has
    ADD, which waits for an agent that starts, comes to the same.

    Given a node "n1"
    And a pod "a" on "n1"
    When the runtime asks for the plugin's status
    Then it succeeds
    When the agent of "n1" is killed
    And the API is out of reach of "n1"
    And the agent of "n1" is started
    And a sandbox "q" on "n1"
    And the runtime adds "q"
    Then it fails with code 11, unlike "ADD a"
    When the runtime asks for the plugin's status
    Then it fails with code 50 or 51, unlike "STATUS"
    And its error names "Kubernetes API"

  @req:FLT-14 @cap:agent
  Scenario: STATUS succeeds while the API is out of reach and ADDs go on
    The watch has told nothing of the new pod; the runtime vouches for it by its UID, and
    there are addresses in the pool.

    Given a node "n1" with:
      | config min_pool_size | 4 |
      | config max_pool_size | 6 |
    And a pod "a" on "n1"
    When the API is out of reach of "n1"
    And a sandbox "q" on "n1"
    And the runtime asks for the plugin's status
    Then it succeeds
    When the runtime adds "q" within 15000 ms
    Then it succeeds
    And what ADD told of "q" is there, ready for use
