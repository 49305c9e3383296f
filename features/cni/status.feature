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
